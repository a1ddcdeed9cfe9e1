"""Registers the app with Django."""

from django.apps import AppConfig


class MattersConfig(AppConfig):
    """The matters app."""

    name = "tongban.matters"
    label = "matters"
