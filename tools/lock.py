"""Compute requirements.lock (running and building) and requirements-dev.lock (all) with uv.

Both name every package with the hashes of its files, for every platform, and no index. The second
agrees with the first.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_OPTIONS = (
    "--generate-hashes",
    "--universal",
    "--python-version=3.11",
    "--no-header",  # it would name this machine's command line
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--quiet",
)


def main() -> int:
    """Write both files; return the exit code."""
    uv = shutil.which("uv")
    if uv is None:
        print("uv not found: install it (pipx install uv)", file=sys.stderr)
        return 1
    lines = (
        ("requirements.lock", ["--extra=build"]),
        ("requirements-dev.lock", ["--extra=build", "--extra=dev", "-c", "requirements.lock"]),
    )
    for name, options in lines:
        print(f"computing {name}", flush=True)
        command = [uv, "pip", "compile", "pyproject.toml", *_OPTIONS, *options, "-o", name]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if code != 0:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
