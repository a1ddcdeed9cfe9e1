"""Data keys: made once, found in one statement, destroyed for good; the blind index."""

import hashlib
import hmac
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connections, transaction
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from tongban.kernel import clock
from tongban.kernel.errors import Kind
from tongban.kernel.ids import is_id
from tongban.vault import api, models
from tongban.vault.errors import KeyDestroyed, Tampered

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

PLACE = "131028"
PERSON = "tz-0192f3c57c007a3e8b2f5a1d9c4e7b60"
OTHER = "tz-0192f3c57c007a3e8b2f5a1d9c4e7b61"
CASE = "tz-0192f3c57c007a3e8b2f5a1d9c4e7b70"


def test_a_key_is_made_once_and_found_again() -> None:
    made = api.make_key(place_id=PLACE, person_id=PERSON)
    assert is_id(made.id)
    assert len(made.secret) == 32
    assert api.make_key(place_id=PLACE, person_id=PERSON) == made
    assert api.key_of(place_id=PLACE, person_id=PERSON) == made
    assert models.DataKey.objects.count() == models.PlaceKey.objects.count() == 1


def test_every_use_has_its_own_key() -> None:
    keys = [
        api.make_key(place_id=PLACE, person_id=PERSON),
        api.make_key(place_id=PLACE, person_id=PERSON, case_id=CASE),
        api.make_key(place_id=PLACE, person_id=OTHER, case_id=CASE),
        api.make_key(place_id="110112", person_id=PERSON),
    ]
    assert len({key.secret for key in keys}) == len({key.id for key in keys}) == 4


def test_when_a_key_was_made_is_kept() -> None:
    moment = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    with clock.held_at(moment):
        api.make_key(place_id=PLACE, person_id=PERSON)
    assert models.DataKey.objects.get().created_at == moment


def test_finding_a_key_takes_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    api.make_key(place_id=PLACE, person_id=PERSON)
    for read in (api.key_of, api.make_key):
        with (
            django_assert_num_queries(1, connection=connections["keys"]),
            django_assert_num_queries(0, connection=connections["default"]),
        ):
            read(place_id=PLACE, person_id=PERSON)


def test_finding_many_keys_takes_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    made = {person: api.make_key(place_id=PLACE, person_id=person) for person in (PERSON, OTHER)}
    of_case = api.make_key(place_id=PLACE, person_id=PERSON, case_id=CASE)
    with django_assert_num_queries(1, connection=connections["keys"]):
        assert api.keys_of(person_ids=[PERSON, OTHER, "tz-nobody", PERSON]) == made
    assert api.keys_of(person_ids=[PERSON, OTHER], case_id=CASE) == {PERSON: of_case}
    with django_assert_num_queries(0, connection=connections["keys"]):
        assert api.keys_of(person_ids=[]) == {}


def test_keys_at_several_places_need_the_place() -> None:
    here = api.make_key(place_id=PLACE, person_id=PERSON)
    api.make_key(place_id="110112", person_id=PERSON)
    with pytest.raises(ValueError, match="several places"):
        api.keys_of(person_ids=[PERSON])
    assert api.keys_of(person_ids=[PERSON], place_id=PLACE) == {PERSON: here}


@pytest.mark.parametrize(
    "use",
    [
        {"place_id": PLACE, "person_id": OTHER},
        {"place_id": "110112", "person_id": PERSON},
        {"place_id": PLACE, "person_id": PERSON, "case_id": CASE},
    ],
)
def test_a_key_that_is_not_there_is_refused_and_not_made(use: dict[str, str]) -> None:
    api.make_key(place_id=PLACE, person_id=PERSON)
    with pytest.raises(KeyDestroyed) as caught:
        api.key_of(**use)
    assert (caught.value.code, caught.value.kind) == ("vault.key_destroyed", Kind.NOT_FOUND)
    assert caught.value.fields == {}
    assert models.DataKey.objects.count() == 1


def test_a_key_outlives_the_business_transaction_that_asked_for_it() -> None:
    with transaction.atomic():
        made = api.make_key(place_id=PLACE, person_id=PERSON)
        transaction.set_rollback(True)
    assert api.key_of(place_id=PLACE, person_id=PERSON) == made


def test_a_key_row_moved_to_another_person_or_case_does_not_open() -> None:
    api.make_key(place_id=PLACE, person_id=PERSON)
    models.DataKey.objects.update(person_id=OTHER)
    with pytest.raises(Tampered):
        api.key_of(place_id=PLACE, person_id=OTHER)
    models.DataKey.objects.update(person_id=PERSON, case_id=CASE)
    with pytest.raises(Tampered):
        api.key_of(place_id=PLACE, person_id=PERSON, case_id=CASE)


def test_two_wrapped_keys_can_t_be_exchanged() -> None:
    api.make_key(place_id=PLACE, person_id=PERSON)
    api.make_key(place_id=PLACE, person_id=OTHER)
    first, second = models.DataKey.objects.order_by("person_id")
    models.DataKey.objects.filter(id=first.id).update(wrapped=second.wrapped)
    with pytest.raises(Tampered):
        api.key_of(place_id=PLACE, person_id=PERSON)


def test_destroying_takes_every_key_of_the_person_and_no_other() -> None:
    api.make_key(place_id=PLACE, person_id=PERSON)
    api.make_key(place_id=PLACE, person_id=PERSON, case_id=CASE)
    api.make_key(place_id="110112", person_id=PERSON)
    kept = api.make_key(place_id=PLACE, person_id=OTHER, case_id=CASE)
    assert api.destroy_keys(person_id=PERSON) == 3
    assert api.destroy_keys(person_id=PERSON) == 0
    for case_id in (None, CASE):
        with pytest.raises(KeyDestroyed):
            api.key_of(place_id=PLACE, person_id=PERSON, case_id=case_id)
    assert api.keys_of(person_ids=[PERSON]) == {}
    assert api.key_of(place_id=PLACE, person_id=OTHER, case_id=CASE) == kept


def test_no_key_is_made_again_for_a_person_whose_keys_were_destroyed() -> None:
    api.make_key(place_id=PLACE, person_id=PERSON)
    api.destroy_keys(person_id=PERSON)
    with pytest.raises(KeyDestroyed):
        api.make_key(place_id=PLACE, person_id=PERSON, case_id=CASE)
    assert not models.DataKey.objects.exists()


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_threads_that_make_a_key_at_once_get_the_same_one() -> None:
    together = Barrier(6)

    def make(_number: int) -> api.DataKey:
        try:
            together.wait()
            return api.make_key(place_id=PLACE, person_id=PERSON, case_id=CASE)
        finally:
            connections["keys"].close()

    with ThreadPoolExecutor(6) as pool:
        made = set(pool.map(make, range(6)))
    assert len(made) == 1
    assert models.DataKey.objects.count() == models.PlaceKey.objects.count() == 1


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_a_key_made_while_the_person_is_erased_does_not_survive() -> None:
    together = Barrier(4)

    def act(number: int) -> None:
        try:
            together.wait()
            if number == 0:
                api.destroy_keys(person_id=PERSON)
                return
            for case in range(10):
                api.make_key(place_id=PLACE, person_id=PERSON, case_id=f"tz-{number}-{case}")
        except KeyDestroyed:
            pass  # the erasure was faster
        finally:
            connections["keys"].close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, range(4)))
    assert not models.DataKey.objects.filter(person_id=PERSON).exists()


MAKE = """
import json, pathlib, sys, django
from django.conf import settings
store = json.loads(sys.argv[1])
settings.configure(
    HOME=pathlib.Path(sys.argv[2]),
    NODE="tz",
    USE_TZ=True,
    DATABASES={"default": store, "keys": store},
    DATABASE_ROUTERS=["tongban.vault.router.KeysRouter"],
    INSTALLED_APPS=["tongban.vault"],
)
django.setup()
from tongban.vault import api
print("ready", flush=True)
sys.stdin.readline()
print(api.make_key(place_id="131028", person_id="tz-a").secret.hex())
"""


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_processes_that_make_a_key_at_once_get_the_same_one(own_home: Path) -> None:
    store = connections["keys"].settings_dict
    given_on = json.dumps({name: store[name] for name in ("ENGINE", "NAME", "OPTIONS")})
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MAKE, given_on, str(own_home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:  # all wait at the same line; now they go
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    answers = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert answers == {api.key_of(place_id="131028", person_id="tz-a").secret.hex()}


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_a_destroyed_key_is_gone_from_the_files_of_the_store() -> None:
    api.make_key(place_id=PLACE, person_id=OTHER)  # the page stays in use
    api.make_key(place_id=PLACE, person_id=PERSON)
    wrapped = bytes(models.DataKey.objects.get(person_id=PERSON).wrapped)
    with connections["keys"].cursor() as cursor:
        cursor.execute("PRAGMA secure_delete = OFF")  # some builds of SQLite have it on
    store = Path(str(connections["keys"].settings_dict["NAME"]))

    def on_disk() -> Iterator[bytes]:
        return (path.read_bytes() for path in store.parent.glob(f"{store.name}*"))

    assert any(wrapped in content for content in on_disk())
    api.destroy_keys(person_id=PERSON)
    assert not any(wrapped in content for content in on_disk())


@given(st.text(max_size=30), st.text(max_size=30))
def test_the_blind_index_finds_equal_values_only(first: str, second: str) -> None:
    one = api.blind_index(purpose="resident_number", value=first)
    assert len(one) == 32
    assert (one == api.blind_index(purpose="resident_number", value=second)) is (first == second)
    assert one != api.blind_index(purpose="phone", value=first)


def test_the_blind_index_is_keyed() -> None:
    value = "131028199003071234"
    index = api.blind_index(purpose="resident_number", value=value)
    key_file = (Path(settings.HOME) / "keys" / "index.key").read_bytes()
    assert index != hashlib.sha256(value.encode()).digest()
    assert index != hmac.digest(key_file, value.encode(), "sha256")


def test_the_digest_of_a_file_is_keyed_and_can_be_fed_in_pieces() -> None:
    whole, pieces = api.digest_writer(), api.digest_writer()
    whole.update(b"abcdef")
    for piece in (b"ab", b"", b"cdef"):
        pieces.update(piece)
    assert whole.digest() == pieces.digest()
    assert len(whole.digest()) == 32
    assert whole.digest() != hashlib.sha256(b"abcdef").digest()
    assert whole.digest() != api.blind_index(purpose="file-digest", value="abcdef")


def test_the_door_seals_and_opens_with_a_key_from_the_store() -> None:
    key = api.make_key(place_id=PLACE, person_id=PERSON)
    where = {"table": "t", "row": "r", "column": "c"}
    sealed = api.seal_text(key=key, **where, clear="王敏")
    again = api.key_of(place_id=PLACE, person_id=PERSON)
    assert api.unseal_text(key=again, **where, sealed=sealed) == "王敏"
    stream = b"".join(api.seal_stream(key=key, **where, clear=[b"a", b"b"]))
    assert b"".join(api.unseal_stream(key=again, **where, sealed=io.BytesIO(stream))) == b"ab"
    stranger = api.make_key(place_id=PLACE, person_id=OTHER)
    with pytest.raises(Tampered):
        api.unseal_text(key=stranger, **where, sealed=sealed)


def test_keys_are_found_by_id_and_a_destroyed_one_is_not() -> None:
    own = api.make_key(place_id=PLACE, person_id=PERSON)
    gone = api.make_key(place_id=PLACE, person_id=OTHER)
    node = api.node_key("looks")
    api.destroy_keys(person_id=OTHER)
    assert api.keys_by_id([own.id, gone.id, node.id]) == {own.id: own, node.id: node}
