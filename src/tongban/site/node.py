"""A command's way onto this node: Django, set up from the environment."""

import os
import sys

import django


def set_up() -> None:
    """Set Django up in this process; what imports a model comes after it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.site.settings")
    django.setup()


def command(name: str, *arguments: str) -> list[str]:
    """Return how a command of ``tongban`` is started as a process of its own."""
    return [sys.executable, "-m", "tongban.site.cli", name, *arguments]
