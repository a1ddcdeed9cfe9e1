"""What the tests of the house know about the tree: rooms, layers, source files."""

import ast
import subprocess
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "tongban"


@cache
def layers() -> tuple[tuple[str, ...], ...]:
    """Return the layers of the contract, the highest first, without the parentheses."""
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = configuration["tool"]["importlinter"]["contracts"]
    lines = next(one["layers"] for one in contracts if one["id"] == "layers")
    return tuple(tuple(name.strip(" ()") for name in line.split("|")) for line in lines)


@cache
def level_of(room: str) -> int:
    """Return how high a room stands; the kernel is 0."""
    return next(height for height, names in enumerate(reversed(layers())) if room in names)


def rooms() -> list[str]:
    """Return the rooms that are built."""
    return sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def modules() -> list[Path]:
    """Return the Python files that are kept small: the product and its tools, not migrations."""
    found = [*PACKAGE.rglob("*.py"), *(ROOT / "tools").rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts)


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def committed() -> list[Path]:
    """Return the files of the tree that are committed or would be, text and not."""
    listed = subprocess.run(
        # A checkout that belongs to another user (a container's root runs the tests) is one too.
        [
            "git",
            "-c",
            f"safe.directory={ROOT}",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = listed.stdout.decode().split("\0")
    return [path for name in names if name and (path := ROOT / name).is_file()]


def here(path: Path) -> str:
    """Return a path as the tree names it."""
    return path.relative_to(ROOT).as_posix()
