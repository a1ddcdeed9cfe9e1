"""The rows that a load hands in."""

from dataclasses import dataclass

from tongban.places.rules import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRow:
    """A place; ``id`` = the division code, or ``zone-…`` with ``code`` None.

    ``level``: country, province, city, county, town, zone. ``members``: ids of the places that a
    zone is made of, in any order.
    """

    id: str
    name: str
    level: str
    code: str | None = None
    name_en: str = ""
    parent_id: str | None = None
    members: tuple[str, ...] = ()
    statistical_only: bool = False
    source: str = ""
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyRow:
    """An agency; ``nature_code`` is GB/T 39046's 主体性质: 1, 2, 3 or 9."""

    id: str
    place_id: str
    name: str
    nature_code: str
    name_en: str = ""
    credit_code: str | None = None
    can_license: bool = False
    source: str = ""
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeRow:
    """An office sited in ``place_id``, run by the agencies ``run_by``; kind hall, branch, station.

    The agencies may be of other places (seconded staff).
    """

    id: str
    place_id: str
    name: str
    kind: str
    run_by: tuple[str, ...]
    name_en: str = ""
    address: str = ""
    source: str = ""
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """What a place says about one key of SETTINGS."""

    place_id: str
    key: str
    value: JsonValue
    source: str = ""
    sample: bool = False
