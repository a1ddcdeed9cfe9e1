"""Erasing at the door of identity: once, by however many at once."""

import threading
from collections.abc import Callable
from datetime import date

import pytest
from django.db import connections

from tongban.evidence.models import PendingEntry
from tongban.identity import api, errors
from tongban.identity.models import Mandate, Person
from tongban.kernel.acting import OPERATOR, Acting
from tongban.vault import api as vault
from tongban.vault.models import DataKey

Register = Callable[..., str]


def erase(person_id: str) -> int:
    return api.erase_person(
        acting=OPERATOR, person_id=person_id, ground=api.ErasureGround.PURPOSE_DONE
    )


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_many_who_erase_one_person_do_it_once(register: Register) -> None:
    person_id = register()
    gate, keys = threading.Barrier(4), []

    def run() -> None:
        try:
            gate.wait(timeout=20)
            keys.append(erase(person_id))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(keys) == [0, 0, 0, 1]
    assert PendingEntry.objects.filter(kind="erasure.done").count() == 1
    assert (len(vault.erasures()), DataKey.objects.count()) == (1, 0)


@pytest.mark.django_db(databases=["default", "keys"])
def test_an_erased_person_takes_part_in_nothing(register: Register) -> None:
    person_id = register()
    other = register("李四", "13102819800229005X")
    erase(person_id)
    card = api.person_card(person_id)
    assert (card.erased, card.name, card.number, card.phone, card.masked_name) == (
        *(True, "", "", ""),
        "",
    )
    assert api.masked_names([person_id, other]) == {other: "李*"}
    with pytest.raises(errors.PersonMissing):
        api.erase_person(acting=OPERATOR, person_id="nobody", ground=api.ErasureGround.PURPOSE_DONE)
    again = register()
    assert again != person_id
    assert Person.objects.filter(state="active").count() == 2


@pytest.mark.parametrize("principal", [0, 1], ids=["principal first", "agent first"])
@pytest.mark.django_db(databases=["default", "keys"])
def test_two_erased_people_with_a_mandate_between_them_are_erased_again(
    principal: int, register: Register, citizen: Callable[..., Acting]
) -> None:
    two = sorted([register(), register("李四", "13102819800229005X")])
    given = api.grant_mandate(
        acting=citizen(two[principal]),
        principal_id=two[principal],
        agent_id=two[1 - principal],
        scope=api.Scope(api.ScopeKind.ANY, ""),
        starts_on=date(2026, 11, 2),
        ends_on=date(2026, 12, 2),
        ground=api.Ground.ONLINE,
    )
    backup = [*Person.objects.all(), *Mandate.objects.all()]
    for person_id in two:
        erase(person_id)
    for row in backup:
        row.save(force_update=True)
    assert Mandate.objects.get(id=given.id).withdrawn_at is None
    assert api.replay_erasures() == api.Replayed(people=2, keys=0)
    assert {row.state for row in Person.objects.all()} == {"erased"}
    assert Mandate.objects.get(id=given.id).withdrawn_at is not None
    assert list(api.check_erasures()) == []
