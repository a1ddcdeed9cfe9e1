"""Registers the app with Django."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """The identity app."""

    name = "tongban.identity"
    label = "identity"
