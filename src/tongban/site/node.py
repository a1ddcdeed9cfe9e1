"""A command's way onto this node: Django, set up from the environment."""

import os

import django


def set_up() -> None:
    """Set Django up in this process; what imports a model comes after it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.site.settings")
    django.setup()
