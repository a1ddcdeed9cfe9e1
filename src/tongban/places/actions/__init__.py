"""Loads of reference data: each shows its changes, and writes them if told to."""

from tongban.places.actions.bodies import put_agencies, put_offices
from tongban.places.actions.calendars import put_calendar, put_settings
from tongban.places.actions.divisions import put_places

__all__ = ["put_agencies", "put_calendar", "put_offices", "put_places", "put_settings"]
