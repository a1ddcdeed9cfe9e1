"""Registers the app with Django."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """The documents app."""

    name = "tongban.documents"
    label = "documents"
