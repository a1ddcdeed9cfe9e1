"""The door of places: reference data out, loads of it in.

Reads come from a snapshot in the process; one cheap statement at most every 30 s asks whether it
is still right, so a load in another process is seen within that time. ``put_…`` functions return
Changes; with ``apply=False`` they write nothing, and a pointer to what is not loaded yet is told
as a warning instead of refused.
"""

from tongban.places.actions import (
    put_agencies,
    put_calendar,
    put_offices,
    put_places,
    put_settings,
)
from tongban.places.actions.calendars import CALENDAR_CHANGED
from tongban.places.actions.rows import AgencyRow, OfficeRow, PlaceRow, SettingRow
from tongban.places.queries import (
    agencies_in,
    agency,
    calendar_of,
    chain,
    children,
    light_rule_of,
    members,
    office,
    offices_in,
    place,
    places_named,
    setting,
    setting_number,
    setting_text,
    setting_view,
    within,
)
from tongban.places.queries.snapshot import forget
from tongban.places.queries.views import AgencyView, OfficeView, PlaceView, SettingView
from tongban.places.rules import SETTINGS, JsonValue, Level, OfficeKind, Setting

__all__ = [
    "CALENDAR_CHANGED",
    "SETTINGS",
    "AgencyRow",
    "AgencyView",
    "JsonValue",
    "Level",
    "OfficeKind",
    "OfficeRow",
    "OfficeView",
    "PlaceRow",
    "PlaceView",
    "Setting",
    "SettingRow",
    "SettingView",
    "agencies_in",
    "agency",
    "calendar_of",
    "chain",
    "children",
    "forget",
    "light_rule_of",
    "members",
    "office",
    "offices_in",
    "place",
    "places_named",
    "put_agencies",
    "put_calendar",
    "put_offices",
    "put_places",
    "put_settings",
    "setting",
    "setting_number",
    "setting_text",
    "setting_view",
    "within",
]
