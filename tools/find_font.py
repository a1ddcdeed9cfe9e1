"""Find a Chinese font for the browser tests: the machine's, else the one of a wheel.

Without one every character on a screenshot is an empty box, and tests of the page's text still
pass. ``python tools/find_font.py`` prints which font it is, or what to install and exits 1.
"""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

from found import NotFound

_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


def variables(folder: Path) -> dict[str, str]:
    """Return the environment variables that a browser needs to find a Chinese font.

    Empty when the machine has one; else FONTCONFIG_FILE, a file written into ``folder``.
    NotFound when there is neither.
    """
    if of_the_machine() is not None:
        return {}
    fonts = of_the_wheel()
    if fonts is None:
        message = (
            "no Chinese font: 'fc-list :lang=zh' shows none and the wheel noto-cjk-sans-otc is "
            "not installed. Install Debian's package 'fonts-noto-cjk', or the wheel"
        )
        raise NotFound(message)
    path = folder / "fonts.conf"
    path.write_text(
        _CONFIGURATION.format(fonts=escape(str(fonts)), cache=escape(str(folder / "cache"))),
        encoding="utf-8",
    )
    return {"FONTCONFIG_FILE": str(path)}


def of_the_machine() -> str | None:
    """Return one of the machine's Chinese fonts as fontconfig names it, or None."""
    lister = shutil.which("fc-list")
    if lister is None:
        return None
    listed = subprocess.run(
        [lister, ":lang=zh"], capture_output=True, text=True, check=False, timeout=60
    )
    lines = listed.stdout.splitlines()
    return lines[0] if listed.returncode == 0 and lines else None


def of_the_wheel() -> Path | None:
    """Return the folder of the wheel's font, or None when it isn't installed."""
    spec = importlib.util.find_spec("noto_cjk_sans_otc")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    return folder if any(folder.glob("*.ttc")) else None


if __name__ == "__main__":
    try:
        with tempfile.TemporaryDirectory() as scratch:
            needed = variables(Path(scratch))
        print(of_the_wheel() if needed else of_the_machine())
    except NotFound as missing:
        print(missing, file=sys.stderr)
        sys.exit(1)
