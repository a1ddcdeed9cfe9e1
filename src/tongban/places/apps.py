"""Registers the app with Django."""

from django.apps import AppConfig


class PlacesConfig(AppConfig):
    """The places app."""

    name = "tongban.places"
    label = "places"
