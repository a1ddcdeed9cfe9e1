"""The fast part of ``make test``: each check's name and time; what failed is shown in full.

Two run at a time. Nothing is written into the tree but the caches.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
PYTHON = str(BIN / "python")

_MIGRATIONS = (
    *("makemigrations", "--check", "--dry-run"),
    "--settings=tongban.site.settings",
)

# The longest first: it runs beside all the others.
CHECKS = {
    "types": [PYTHON, "-m", "mypy", "src", "tests", "tools"],
    "the house": [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/house"],
    "format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "lint": [PYTHON, "-m", "ruff", "check", "."],
    "import contracts": [str(BIN / "lint-imports")],
    "migrations": [PYTHON, "-m", "django", *_MIGRATIONS],
    "translations": [PYTHON, "tools/messages.py", "--check"],
    "generated docs": [PYTHON, "tools/write_docs.py", "--check"],
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a check ended."""

    name: str
    code: int
    seconds: float
    output: str


def main() -> int:
    """Run every check; return 1 when one failed."""
    with tempfile.TemporaryDirectory(prefix="tongban-check-") as home, ThreadPoolExecutor(2) as two:
        outcomes = list(two.map(lambda name: _run(name, Path(home)), CHECKS))
    failed = [outcome for outcome in outcomes if outcome.code != 0]
    for outcome in failed:
        print(f"\n== {outcome.name}\n{outcome.output.rstrip()}", file=sys.stderr)
    if failed:
        print(f"\nfailed: {', '.join(outcome.name for outcome in failed)}", file=sys.stderr)
    return 1 if failed else 0


def _run(name: str, home: Path) -> Outcome:
    own = home / name.replace(" ", "-")
    own.mkdir()
    environment = {**os.environ, "TONGBAN_HOME": str(own)}
    began = time.monotonic()
    done = subprocess.run(
        CHECKS[name],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    outcome = Outcome(name, done.returncode, time.monotonic() - began, done.stdout)
    state = "ok" if outcome.code == 0 else "FAILED"
    print(f"{state:<7}{name} ({outcome.seconds:.1f} s)", flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main())
