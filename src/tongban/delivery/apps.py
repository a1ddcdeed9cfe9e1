"""Registers the app with Django."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """The delivery app."""

    name = "tongban.delivery"
    label = "delivery"
