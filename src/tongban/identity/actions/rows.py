"""The rows that a load of staff and posts hands in."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRow:
    """A staff member; ``active`` False once they have left."""

    id: str
    login: str
    name: str
    active: bool = True
    source: str = ""
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRow:
    """A post in an agency, in an office, or in both; ``powers`` are values of Power.

    ``place_id`` is where the powers hold; ``ends_on`` the last day, None = open.
    """

    id: str
    staff_id: str
    place_id: str
    title: str
    powers: tuple[str, ...]
    starts_on: date
    agency_id: str | None = None
    office_id: str | None = None
    title_en: str = ""
    ends_on: date | None = None
    source: str = ""
    sample: bool = False
