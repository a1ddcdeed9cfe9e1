"""A home of its own for each test run, set before Django reads its settings.

An explicitly set TONGBAN_HOME is honoured (and kept); otherwise the run's home is a temporary
folder that goes when the run ends. Each xdist worker has a folder of its own inside it.
"""

import os
import shutil
import tempfile
from pathlib import Path

_MADE_HERE: list[Path] = []


def settle() -> Path:
    """Set TONGBAN_HOME for this process and return it."""
    base = os.environ.get("TONGBAN_HOME")
    if base is None:
        home = Path(tempfile.mkdtemp(prefix="tongban-test-"))
        _MADE_HERE.append(home)
    else:
        home = Path(base)
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is not None and home.name != worker:
        home = home / worker
    home.mkdir(parents=True, exist_ok=True)
    os.environ["TONGBAN_HOME"] = str(home)
    return home


def clear_up() -> None:
    """Remove what settle() made in this process."""
    for home in _MADE_HERE:
        shutil.rmtree(home, ignore_errors=True)
    _MADE_HERE.clear()
