"""Whether the main database and the key store agree on who has been erased."""

from collections.abc import Collection, Iterator

from tongban.identity.models import Person, PersonState
from tongban.vault import api as vault

_BATCH = 500
"""Ids in a statement: a list of erasures grows for as long as there is a node."""


def back_again(person_ids: Collection[str]) -> list[str]:
    """Return those of the erased whose row is one of a living account again.

    One statement, and one for each 500 of the erased who have no tombstone.
    """
    found: list[str] = []
    for batch in _batches(set(person_ids) - _buried()):
        rows = Person.objects.filter(id__in=batch).exclude(state=PersonState.ERASED)
        found += rows.order_by("id").values_list("id", flat=True)
    return found


def unlisted(person_ids: Collection[str]) -> list[Person]:
    """Return the tombstones of whom the list of erasures knows nothing.

    One statement, and one for each 500 of them.
    """
    found: list[Person] = []
    for batch in _batches(_buried().difference(person_ids)):
        rows = Person.objects.filter(id__in=batch, state=PersonState.ERASED)
        found += rows.order_by("id")
    return found


def _buried() -> set[str]:
    return set(Person.objects.filter(state=PersonState.ERASED).values_list("id", flat=True))


def _batches(ids: set[str]) -> Iterator[list[str]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _BATCH):
        yield ordered[start : start + _BATCH]


def check_erasures() -> Iterator[str]:
    """Tell each erasure that a restored database has undone. A handful of statements."""
    listed = {one.person_id for one in vault.erasures()}
    for person_id in back_again(listed):
        yield f"person {person_id} was erased, and the row with the number's index is back"
    for person_id in vault.destroyed_with_keys():
        yield f"person {person_id} was erased, and keys are back"
    for row in unlisted(listed):
        yield f"person {row.id} was erased, and the list of erasures has lost it"
