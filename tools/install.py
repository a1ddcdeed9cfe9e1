"""Make .venv and install what a lock file names, checked by hash, and this package itself.

``python tools/install.py run`` installs requirements.lock, ``… dev`` requirements-dev.lock. Uses
uv when it is on the PATH, else pip. Does nothing when a stamp says that it is done already.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock"}


def main(kind: str) -> int:
    """Install for ``run`` or ``dev``; return the exit code."""
    wanted = _fingerprint(kind)
    if _is_done(kind, wanted):
        return 0
    missing = _missing()
    if missing is not None:
        print(missing, file=sys.stderr)
        return 1
    uv = shutil.which("uv")
    began = time.monotonic()
    try:
        _make_venv(uv)
        _install(kind, uv)
    except subprocess.CalledProcessError as failed:
        print(f"failed ({failed.returncode}): {' '.join(map(str, failed.cmd))}", file=sys.stderr)
        return 1
    except OSError as failed:
        print(f"failed: {failed}", file=sys.stderr)
        return 1
    done = _done()
    done[kind] = wanted
    STAMP.write_text(json.dumps(done), encoding="utf-8")
    _tell(f"installed in {time.monotonic() - began:.0f} s")
    return 0


def _fingerprint(kind: str) -> str:
    """Return a digest over what the installation depends on; the place too: a venv can't move."""
    digest = hashlib.sha256(f"{ROOT}\0{sys.version_info[:2]}\0".encode())
    for name in (LOCKS[kind], "pyproject.toml"):
        digest.update(hashlib.sha256((ROOT / name).read_bytes()).digest())
    return digest.hexdigest()


def _done() -> dict[str, str]:
    try:
        found = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_done(kind: str, wanted: str) -> bool:
    """Tell whether it is installed; what developing needs contains what running needs."""
    done = _done()
    enough = done.get(kind) == wanted or (kind == "run" and done.get("dev") == _fingerprint("dev"))
    return enough and PYTHON.exists()


def _missing() -> str | None:
    """Return a line that names what this Python lacks, or None."""
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return (
            f"the venv module of {sys.executable} is missing or incomplete: install it "
            f"(Debian, Ubuntu: apt install python{version}-venv)"
        )
    return None


def _make_venv(uv: str | None) -> None:
    """Make .venv unless a working one is there already."""
    if PYTHON.exists() and _works([PYTHON, "-c", "import sys"]) and _is_at_home():
        return
    _tell("making .venv")
    shutil.rmtree(VENV, ignore_errors=True)
    options = ["--without-pip"] if uv is not None else []
    _run([sys.executable, "-m", "venv", *options, VENV])


def _is_at_home() -> bool:
    """Tell whether .venv was made in this folder, for this version of Python."""
    asked = subprocess.run(
        [PYTHON, "-c", "import sys; print(sys.prefix, sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() == f"{VENV} {sys.version_info[:2]}"


def _install(kind: str, uv: str | None) -> None:
    lock = ROOT / LOCKS[kind]
    count = sum(line[0].isalnum() for line in lock.read_text(encoding="utf-8").splitlines() if line)
    if uv is not None:
        _tell(f"installing {count} packages with uv")
        # Compiled once here, not by each process at each start.
        installer = [uv, "pip", "install", "--quiet", "--compile-bytecode"]
        installer += ["--python", str(PYTHON)]
    else:
        _tell(f"installing {count} packages with pip (up to half a minute; uv would be quicker)")
        if not _works([PYTHON, "-m", "pip", "--version"]):
            _run([PYTHON, "-m", "ensurepip"])
        installer = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input"]
        installer.append("--disable-pip-version-check")
    _run([*installer, "--require-hashes", "-r", lock])
    _tell("installing tongban itself")
    _run([*installer, "--no-deps", "--no-build-isolation", "-e", ROOT])


def _works(command: list[str | Path]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _run(command: list[str | Path]) -> None:
    # Settings of pip that would fight a hashed lock or a foreign environment are left out.
    environment = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    if os.geteuid() == 0:
        environment["PIP_ROOT_USER_ACTION"] = "ignore"  # it is a venv, whoever makes it
    subprocess.run(command, check=True, env=environment, cwd=ROOT)


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKS:  # noqa: PLR2004 - the script and its word
        sys.exit("usage: install.py run|dev")
    sys.exit(main(sys.argv[1]))
