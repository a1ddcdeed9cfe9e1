"""Reads. None of them costs a statement, but for the check of the snapshot's age."""

import unicodedata

from tongban.kernel.workdays import Calendar, LightRule
from tongban.places.errors import AgencyMissing, CalendarMissing, OfficeMissing, PlaceMissing
from tongban.places.queries.snapshot import reference
from tongban.places.queries.views import AgencyView, OfficeView, PlaceView, SettingView
from tongban.places.rules import SETTINGS, JsonValue


def place(place_id: str) -> PlaceView:
    """Return the place; PlaceMissing if there is none."""
    found = reference().places.get(place_id)
    if found is None:
        raise PlaceMissing(place_id=place_id)
    return found


def agency(agency_id: str) -> AgencyView:
    """Return the agency; AgencyMissing if there is none."""
    found = reference().agencies.get(agency_id)
    if found is None:
        raise AgencyMissing(agency_id=agency_id)
    return found


def office(office_id: str) -> OfficeView:
    """Return the office; OfficeMissing if there is none."""
    found = reference().offices.get(office_id)
    if found is None:
        raise OfficeMissing(office_id=office_id)
    return found


def places_named(text: str, limit: int = 20) -> list[PlaceView]:
    """Return the places found by every word of ``text`` in name, English name or code."""
    words = unicodedata.normalize("NFC", text).casefold().split()
    if not words:
        return []
    ranked: list[tuple[int, int, str, PlaceView]] = []
    for each in reference().places.values():
        whole = f"{each.full_name} {each.full_name_en} {each.code or ''}".casefold()
        if all(word in whole for word in words):
            ranked.append((_rank(each, words[-1]), len(each.id), each.id, each))
    ranked.sort(key=lambda entry: entry[:3])
    return [entry[3] for entry in ranked[:limit]]


def _rank(found: PlaceView, word: str) -> int:
    names = (found.name.casefold(), found.name_en.casefold(), found.code or "")
    if word in names:
        return 0
    if any(name.startswith(word) for name in names):
        return 1
    return 2 if any(word in name for name in names) else 3


def children(place_id: str | None) -> list[PlaceView]:
    """Return the places directly below, by id; None gives those at the top."""
    held = reference()
    return [held.places[each] for each in held.children.get(place_id, ())]


def chain(place_id: str) -> tuple[str, ...]:
    """Return the ids from the top down to the place itself; PlaceMissing."""
    found = reference().chains.get(place_id)
    if found is None:
        raise PlaceMissing(place_id=place_id)
    return found


def members(zone_id: str) -> frozenset[str]:
    """Return the ids of the places that belong to the zone (none for another place)."""
    return reference().members.get(zone_id, frozenset())


def within(place_id: str, ancestor_id: str) -> bool:
    """Tell whether the place is the other, stands below it, or belongs to it as a zone."""
    above = chain(place_id)
    if ancestor_id in above:
        return True
    return not members(ancestor_id).isdisjoint(above)


def agencies_in(place_id: str) -> list[AgencyView]:
    """Return the agencies of exactly this place, by id."""
    return [each for each in reference().agencies.values() if each.place_id == place_id]


def offices_in(place_id: str) -> list[OfficeView]:
    """Return the offices sited in the place, below it, or in a member of the zone, by id."""
    offices = reference().offices.values()
    return [each for each in offices if within(each.place_id, place_id)]


def setting_view(place_id: str, key: str) -> SettingView:
    """Return the nearest row from the place upwards, else the default; KeyError, PlaceMissing."""
    default = SETTINGS[key].default
    held = reference()
    for each in reversed(chain(place_id)):
        row = held.settings.get((each, key))
        if row is not None:
            return row
    return SettingView(key=key, value=default, place_id=None, source="", sample=False)


def setting(place_id: str, key: str) -> JsonValue:
    """Return the value of ``setting_view``."""
    return setting_view(place_id, key).value


def setting_text(place_id: str, key: str) -> str:
    """Return a setting that is a word; TypeError if this one is not."""
    value = setting(place_id, key)
    if not isinstance(value, str):
        message = f"the setting {key} is not text"
        raise TypeError(message)
    return value


def setting_number(place_id: str, key: str) -> int | None:
    """Return a setting that is a number, None where it is not set; TypeError if it is neither."""
    value = setting(place_id, key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        message = f"the setting {key} is not a number"
        raise TypeError(message)
    return value


def light_rule_of(place_id: str) -> LightRule:
    """Return the thresholds of the place's lights."""
    value = setting(place_id, "light_rule")
    steps = value if isinstance(value, dict) else {}
    return LightRule(**{name: step for name, step in steps.items() if isinstance(step, int)})


def calendar_of(place_id: str) -> Calendar:
    """Return the calendar by which the place counts; CalendarMissing, PlaceMissing."""
    name = str(setting_view(place_id, "calendar").value)
    found = reference().calendars.get(name)
    if found is None:
        raise CalendarMissing(name=name)
    return found
