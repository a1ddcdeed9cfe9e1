"""What leaves this app: frozen views of reference data."""

from dataclasses import dataclass

from tongban.places.rules import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceView:
    """A place. ``full_name`` runs from the province down (河北省廊坊市大厂回族自治县).

    ``code`` is None for a zone; ``level`` one of country, province, city, county, town, zone;
    ``statistical_only`` = not a division of GB/T 2260; ``sample`` = its source is doubtful, and
    a screen says so.
    """

    id: str
    code: str | None
    name: str
    name_en: str
    level: str
    parent_id: str | None
    full_name: str
    full_name_en: str
    statistical_only: bool
    source: str
    sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyView:
    """An agency. ``can_license`` = may decide licences in its own name."""

    id: str
    place_id: str
    name: str
    name_en: str
    credit_code: str | None
    nature_code: str
    can_license: bool
    source: str
    sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeView:
    """An office, sited in ``place_id``, run by the agencies ``run_by`` (ids, sorted)."""

    id: str
    place_id: str
    name: str
    name_en: str
    kind: str
    address: str
    run_by: tuple[str, ...]
    source: str
    sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingView:
    """A setting as it holds for a place; ``place_id`` says whose row it is (None = default)."""

    key: str
    value: JsonValue
    place_id: str | None
    source: str
    sample: bool
