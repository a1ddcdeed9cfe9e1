"""The day it is in the place's calendar."""

from datetime import date
from zoneinfo import ZoneInfo

from django.conf import settings

from tongban.kernel import clock


def today() -> date:
    """Return the present day of the node's places (all of China keeps one time)."""
    return clock.now().astimezone(ZoneInfo(settings.TIME_ZONE)).date()
