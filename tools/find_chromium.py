"""Find a Chromium for the browser tests: on the PATH, else Playwright's own.

``python tools/find_chromium.py`` prints its path, or what to install and exits 1.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from found import NotFound

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_INSIDE = (
    "chrome-linux/chrome",
    "chrome-linux64/chrome",
    "chrome-mac/Chromium.app/Contents/MacOS/Chromium",
)


def find() -> str:
    """Return the path of an executable Chromium; NotFound when there is none.

    TONGBAN_TEST_CHROMIUM, when set, is taken as it is.
    """
    given = os.environ.get("TONGBAN_TEST_CHROMIUM")
    if given:
        if os.access(given, os.X_OK):
            return given
        message = f"TONGBAN_TEST_CHROMIUM is not an executable: {given}"
        raise NotFound(message)
    for path in _candidates():
        if os.access(path, os.X_OK):
            return str(path)
    message = (
        "Chromium not found (looked on the PATH for "
        + ", ".join(NAMES)
        + ", then for Playwright's). Install Debian's package 'chromium' (apt-get install chromium)"
        ", or run: .venv/bin/playwright install chromium"
    )
    raise NotFound(message)


def _candidates() -> Iterator[Path]:
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            yield Path(found)
    yield _MAC
    for store in _playwright_stores():
        # The newest revision first: names are chromium-<revision>.
        for folder in sorted(store.glob("chromium-*"), key=_revision, reverse=True):
            yield from (folder / inside for inside in _INSIDE)


def _playwright_stores() -> Iterator[Path]:
    given = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if given and given != "0":
        yield Path(given)
    yield Path.home() / ".cache" / "ms-playwright"
    yield Path.home() / "Library" / "Caches" / "ms-playwright"


def _revision(folder: Path) -> int:
    number = folder.name.rpartition("-")[2]
    return int(number) if number.isdigit() else 0


if __name__ == "__main__":
    try:
        print(find())
    except NotFound as missing:
        print(missing, file=sys.stderr)
        sys.exit(1)
