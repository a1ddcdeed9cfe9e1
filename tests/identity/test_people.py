"""Registering, finding and showing people."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from tongban.evidence import api as evidence
from tongban.evidence.models import PendingEntry
from tongban.identity import api, errors
from tongban.identity.models import Person
from tongban.kernel.acting import Assurance
from tongban.kernel.errors import Refusal
from tongban.places.errors import PlaceMissing
from tongban.vault import api as vault
from tongban.vault.errors import KeyDestroyed
from tongban.vault.models import DataKey

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

Register = Callable[..., str]
RESIDENT = api.NumberKind.RESIDENT
NUMBER = "131028194912310023"
OLD_NUMBER = "131028491231002"


def registered() -> int:
    return PendingEntry.objects.filter(kind="person.registered").count()


def test_a_person_is_registered_and_shown(register: Register) -> None:
    person_id = register(" 阿卜杜拉•买买提 ", NUMBER, phone="138 0013 8000")
    assert api.person_card(person_id) == api.PersonCard(
        id=person_id,
        name="阿卜杜拉·买买提",
        number_kind=RESIDENT,
        number=NUMBER,
        phone="13800138000",
        assurance=Assurance.BASIC,
        masked_name="阿*******",
        masked_number="131028********0023",
    )
    assert api.person_session(person_id) == api.PersonSession(
        epoch=1, assurance=Assurance.BASIC, active=True
    )


def test_nothing_personal_stands_in_the_row_or_in_a_repr(register: Register) -> None:
    person_id = register()
    row = Person.objects.filter(id=person_id).values().get()
    kept = b"|".join(
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        for value in row.values()
    )
    assert [s for s in ("张三丰", NUMBER, "13800138000") if s.encode() in kept] == []
    told = repr(api.person_card(person_id))
    assert [s for s in ("张三丰", NUMBER, "13800138000") if s in told] == []


def test_the_same_person_is_registered_once(register: Register) -> None:
    first = register(phone="13800138000")
    assert register(phone="13900139000", assurance=Assurance.HIGH, place_id="131028") == first
    assert register(number=OLD_NUMBER) == first
    assert register(name="张三丰\u3000") == first
    assert Person.objects.count() == 1
    assert registered() == 1
    assert DataKey.objects.count() == 1
    card = api.person_card(first)
    assert (card.phone, card.assurance) == ("13800138000", Assurance.BASIC)


def test_both_forms_of_an_old_number_find_one_person(register: Register) -> None:
    person_id = register(number=OLD_NUMBER)
    assert api.person_card(person_id).number == NUMBER
    for number in (NUMBER, OLD_NUMBER, f" {NUMBER} "):
        assert api.find_person(number_kind=RESIDENT, number=number) == person_id
    assert api.find_person(number_kind=RESIDENT, number="13102819800229005X") is None
    with pytest.raises(errors.NumberRefused):
        api.find_person(number_kind=RESIDENT, number="131028")


def test_a_number_is_one_persons_within_its_kind_only(register: Register) -> None:
    one = register("ANNA LEE", "E12345678", number_kind=api.NumberKind.PASSPORT)
    other = register("李四", "E12345678", number_kind=api.NumberKind.TAIWAN_PERMIT)
    assert one != other
    assert register("Anna Lee", "e1234-5678", number_kind=api.NumberKind.PASSPORT) == one


def test_another_name_is_refused_and_the_kept_one_not_told(register: Register) -> None:
    register()
    with pytest.raises(errors.NameDiffers) as refused:
        register(name="李四")
    assert refused.value.fields == {}
    assert "张" not in f"{refused.value}{refused.value.what}{refused.value.todo}"
    assert (Person.objects.count(), registered()) == (1, 1)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"name": ""}, errors.NameRefused),
        ({"name": "张\u202e三"}, errors.NameRefused),
        ({"number": "131028194912310024"}, errors.NumberRefused),
        ({"phone": "call me"}, errors.PhoneRefused),
        ({"place_id": "999999"}, PlaceMissing),
    ],
)
def test_a_refused_registration_leaves_nothing(
    register: Register, changed: dict[str, str], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        register(**changed)
    assert (Person.objects.count(), registered()) == (0, 0)
    assert DataKey.objects.count() == 0


def test_registering_is_in_evidence_under_the_persons_key(register: Register) -> None:
    person_id = register()
    (row,) = evidence.entries_of(subject=("person", person_id))
    assert row.kind == "person.registered"
    key = vault.key_of(place_id="110112", person_id=person_id)
    entry = evidence.open_entry(entry_id=row.id, key=key)
    assert entry.personal == {"name": "张三丰", "number": NUMBER}
    assert entry.body["facts"] == {"number_kind": "resident", "assurance": 2}
    assert entry.body["acting"]["post_id"] == "post-window"
    assert b"131028194912310023" not in entry.body_bytes


def test_a_blocked_person_is_not_registered_again(register: Register) -> None:
    person_id = register()
    Person.objects.update(state="blocked")
    with pytest.raises(errors.PersonBlocked):
        register()
    assert not api.person_session(person_id).active


def test_masked_names_take_two_statements(register: Register) -> None:
    one = register()
    other = register("𬭎𠮷", "13102819800229005X")
    with (
        CaptureQueriesContext(connection) as rows,
        CaptureQueriesContext(connections["keys"]) as keys,
    ):
        names = api.masked_names([one, other, "unknown"])
    assert names == {one: "张**", other: "𬭎*"}
    assert (len(rows), len(keys)) == (1, 1)
    with CaptureQueriesContext(connection) as rows:
        assert api.masked_names([]) == {}
    assert len(rows) == 0


def test_what_a_read_costs(register: Register) -> None:
    person_id = register()
    reads: list[tuple[Callable[[], object], int]] = [
        (lambda: api.person_session(person_id), 1),
        (lambda: api.person_card(person_id), 1),  # and one in the key store
        (lambda: api.find_person(number_kind=RESIDENT, number=NUMBER), 1),
    ]
    for read, statements in reads:
        with CaptureQueriesContext(connection) as counted:
            read()
        assert len(counted) == statements


def test_the_epoch_ends_sign_ins_and_assurance_only_rises(register: Register) -> None:
    person_id = register()
    assert api.bump_epoch(person_id) == 2
    assert api.raise_assurance(person_id, Assurance.HIGH) is Assurance.HIGH
    assert api.raise_assurance(person_id, Assurance.BASIC) is Assurance.HIGH
    assert api.person_session(person_id) == api.PersonSession(
        epoch=2, assurance=Assurance.HIGH, active=True
    )


@pytest.mark.parametrize(
    "ask",
    [
        lambda: api.person_card("x"),
        lambda: api.person_session("x"),
        lambda: api.bump_epoch("x"),
        lambda: api.raise_assurance("x", Assurance.HIGH),
    ],
)
def test_nobody_is_refused(ask: Callable[[], object]) -> None:
    with pytest.raises(errors.PersonMissing):
        ask()


def test_without_its_key_a_person_cannot_be_read(register: Register) -> None:
    person_id = register()
    vault.destroy_keys(person_id=person_id)
    with pytest.raises(KeyDestroyed):
        api.person_card(person_id)
    assert api.masked_names([person_id]) == {}


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_many_who_register_one_number_at_once_get_one_person(register: Register) -> None:
    got: list[str] = []

    def run() -> None:
        try:
            got.append(register())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert len(set(got)) == 1
    assert (Person.objects.count(), registered()) == (1, 1)
    assert set(DataKey.objects.values_list("person_id", flat=True)) == set(got)
