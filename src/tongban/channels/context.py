"""What every template finds: theme, language switch, the address to come back to."""

from typing import Any

from django.http import HttpRequest

from tongban.channels.paths import here
from tongban.channels.visitor import visitor_of

THEME_COOKIE = "tongban_theme"
THEMES = ("auto", "light", "dark")


def page(request: HttpRequest) -> dict[str, Any]:
    """Return ``visitor`` (lazy), ``theme`` (auto, light, dark) and ``here``, a local path."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return {
        "visitor": visitor_of(request),
        "theme": theme if theme in THEMES else THEMES[0],
        "here": here(request),
    }
