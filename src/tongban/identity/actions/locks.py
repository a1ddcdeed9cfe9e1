"""Rows of people, held until the transaction ends: what begins for somebody meets their erasure.

Both sides lock. A foreign key alone is not enough: a row that points at a person who is being
erased would wait, and then be written all the same, since the person's row stays.
"""

from collections.abc import Collection

from tongban.identity.errors import PersonBlocked, PersonMissing
from tongban.identity.models import Person, PersonState


def lock_person(person_id: str) -> Person:
    """Return the row, locked for a change until the transaction ends; PersonMissing.

    Whatever begins for the person with ``lock_active`` waits, or has been waited for.
    """
    row = Person.objects.select_for_update().filter(id=person_id).first()
    if row is None:
        raise PersonMissing
    return row


def lock_active(person_ids: Collection[str]) -> dict[str, str]:
    """Hold people who are to take part in something until the transaction ends.

    Returns the place that registered each. Whoever is being erased is waited for, and then is
    missing. One statement. PersonMissing, PersonBlocked.
    """
    wanted = set(person_ids)
    held = Person.objects.select_for_update(no_key=True).filter(id__in=wanted).order_by("id")
    people = list(held.values_list("id", "place_id", "state"))
    states = {state for _, _, state in people}
    if len(people) != len(wanted) or PersonState.ERASED in states:
        raise PersonMissing
    if states != {PersonState.ACTIVE}:
        raise PersonBlocked
    return {person_id: place_id for person_id, place_id, _ in people}
