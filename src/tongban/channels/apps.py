"""Registers the app with Django."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    """The screens; no tables."""

    name = "tongban.channels"
    label = "channels"
