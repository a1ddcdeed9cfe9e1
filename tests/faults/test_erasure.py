"""A failure after each statement of an erasure: it is in the list or never was."""

from functools import partial
from itertools import count

import pytest

from faults.injection import run
from support.scene import TONGZHOU
from tongban.cases import api as cases
from tongban.evidence.models import PendingEntry
from tongban.identity import api as identity
from tongban.identity.models import Person
from tongban.kernel.acting import OPERATOR, Assurance
from tongban.vault import api as vault
from tongban.vault.models import DataKey

pytestmark = [
    pytest.mark.faults,
    pytest.mark.django_db(databases=["default", "keys"], transaction=True),
    pytest.mark.usefixtures("region"),
]


def somebody(number: int) -> str:
    return identity.register_person(
        acting=OPERATOR,
        place_id=TONGZHOU,
        name="ANNA LEE",
        number_kind=identity.NumberKind.PASSPORT,
        number=f"E{number:08}",
        phone="19900000009",
        assurance=Assurance.HIGH,
    ).id


def left_of(person_id: str) -> tuple[str, int, int]:
    """Return the state, how many keys and how many entries of an erasure."""
    entries = PendingEntry.objects.filter(kind="erasure.done", subject_id=person_id)
    keys = DataKey.objects.filter(person_id=person_id)
    return Person.objects.get(id=person_id).state, keys.count(), entries.count()


def test_after_each_failure_a_replay_ends_what_was_begun() -> None:
    seen: set[bool] = set()
    for nth in count(1):
        person_id = somebody(nth)
        erase = partial(
            cases.erase_person,
            acting=OPERATOR,
            person_id=person_id,
            ground=identity.ErasureGround.UNLAWFUL,
        )
        _, fault = run(erase, fail_after=nth)
        if fault.statements < nth:
            break
        begun = person_id in {one.person_id for one in vault.erasures()}
        seen.add(begun)
        assert left_of(person_id) == ("active", 0 if begun else 1, 0)
        assert identity.replay_erasures() == identity.Replayed(people=int(begun), keys=0)
        assert left_of(person_id) == (("erased", 0, 1) if begun else ("active", 1, 0))
        assert list(identity.check_erasures()) == []
    assert left_of(person_id) == ("erased", 0, 1)
    assert seen == {True, False}
