"""Registers the app with Django."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """The work app."""

    name = "tongban.work"
    label = "work"
