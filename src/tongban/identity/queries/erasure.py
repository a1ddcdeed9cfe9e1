"""Whether the main database and the key store agree on who has been erased."""

from collections.abc import Collection, Iterator

from tongban.identity.models import Person, PersonState
from tongban.vault import api as vault


def back_again(person_ids: Collection[str]) -> list[str]:
    """Return those of the erased whose row is one of a living account again. One statement."""
    rows = Person.objects.filter(id__in=list(person_ids)).exclude(state=PersonState.ERASED)
    return list(rows.order_by("id").values_list("id", flat=True))


def unlisted(person_ids: Collection[str]) -> list[Person]:
    """Return the tombstones of whom the list of erasures knows nothing. One statement."""
    rows = Person.objects.filter(state=PersonState.ERASED).exclude(id__in=list(person_ids))
    return list(rows.order_by("id"))


def check_erasures() -> Iterator[str]:
    """Tell each erasure that a restored database has undone. Four statements."""
    listed = {one.person_id for one in vault.erasures()}
    for person_id in back_again(listed):
        yield f"person {person_id} was erased, and the row with the number's index is back"
    for person_id in vault.destroyed_with_keys():
        yield f"person {person_id} was erased, and keys are back"
    for row in unlisted(listed):
        yield f"person {row.id} was erased, and the list of erasures has lost it"
