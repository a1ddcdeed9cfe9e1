"""Erasing at the door of identity: once, by however many at once."""

import threading
from collections.abc import Callable

import pytest
from django.db import connections

from tongban.evidence.models import PendingEntry
from tongban.identity import api, errors
from tongban.identity.models import Person
from tongban.kernel.acting import OPERATOR
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
