"""The matters that an office may take in for other places."""

from dataclasses import dataclass

from django.utils.timezone import localdate

from tongban.agreements import api as agreements
from tongban.channels.casefile import either
from tongban.kernel import clock
from tongban.matters import api as matters
from tongban.places import api as places

MOST = 500
"""Editions searched; a region's catalogue of what is opened is far smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One matter of one deciding place, in the reader's language."""

    edition_id: str
    title: str
    place: str
    agency: str
    sample: bool


def offered(office: places.OfficeView, find: str = "") -> list[Offer]:
    """Return what the agreements open to a window of this office today. Three statements.

    ``find`` narrows to matters whose title or alias has it.
    """
    today = localdate(clock.now())
    open_here = {
        (opening.matter_code, opening.deciding_place_id)
        for opening in agreements.openings_from(receiving_place_id=office.place_id, on=today)
        if agreements.Act.RECEIVE in opening.acts
    }
    if not open_here:
        return []
    rows = matters.editions_for(text=find, limit=MOST)
    return [
        _offer(row)
        for row in rows
        if (row.matter_code, row.place_id) in open_here and matters.Mode.RECEIVED in row.modes
    ]


def _offer(row: matters.EditionRow) -> Offer:
    place, agency = places.place(row.place_id), places.agency(row.agency_id)
    return Offer(
        edition_id=row.id,
        title=either(row.title, row.title_en)[0],
        place=either(place.full_name, place.full_name_en)[0],
        agency=either(agency.name, agency.name_en)[0],
        sample=row.sample,
    )
