"""Registers the app with Django."""

from django.apps import AppConfig


class FederationConfig(AppConfig):
    """The federation app."""

    name = "tongban.federation"
    label = "federation"
