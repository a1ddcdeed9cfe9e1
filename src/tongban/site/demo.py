"""The made-up people of the configured region, offered for one-click login on a demo machine."""

from functools import cache
from typing import Any

import yaml
from django.conf import settings

from tongban.channels.entry.demo import DemoPerson
from tongban.federation import api as federation
from tongban.identity import api as identity
from tongban.identity.api import NumberKind
from tongban.places import api as places
from tongban.regions import api as regions


def people() -> tuple[DemoPerson, ...]:
    """Return who can be logged in as: people first, then staff, in the order of the file.

    None outside demo mode; a person who is not loaded is left out, and so are staff of places that
    another node hosts: their powers are theirs there.
    """
    if not settings.DEMO:
        return ()
    return (*_people(settings.REGION), *_staff(settings.REGION))


def _people(region: str) -> list[DemoPerson]:
    found = []
    for one in _people_of_file(region):
        person_id = identity.find_person(number_kind=NumberKind(one.number_kind), number=one.number)
        if person_id is not None:
            place = places.place(one.place_id)
            found.append(
                DemoPerson(
                    key=one.login,
                    name=one.name,
                    name_en=one.name_en,
                    about=one.note,
                    about_en=one.note_en,
                    place_name=place.name,
                    place_name_en=place.name_en,
                    person_id=person_id,
                )
            )
    return found


def _staff(region: str) -> list[DemoPerson]:
    found = []
    for row in _staff_of_file(region):
        post = row["posts"][0]
        if not federation.hosts(post["place"]):
            continue
        place = places.place(post["place"])
        found.append(
            DemoPerson(
                key=row["login"],
                name=row["name"],
                name_en=row["name_en"],
                about=post["title"],
                about_en=post["title_en"],
                place_name=place.name,
                place_name_en=place.name_en,
                login=row["login"],
            )
        )
    return found


@cache
def _people_of_file(region: str) -> tuple[regions.DemoPerson, ...]:
    """Return the region's people; its files are read once a process."""
    return tuple(regions.demo_people(region=region))


@cache
def _staff_of_file(region: str) -> tuple[dict[str, Any], ...]:
    """Return the region's staff; the loader has checked the file's shape."""
    path = regions.ROOT / region / "demo.yaml"
    return tuple(yaml.safe_load(path.read_text(encoding="utf-8"))["staff"])
