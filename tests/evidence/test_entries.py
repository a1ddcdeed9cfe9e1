"""Entries: recorded with their change, opened with their key, checked against their leaf."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from support.finality import operator
from tongban.evidence import api, errors, rules
from tongban.evidence.models import PendingEntry
from tongban.kernel import clock, ids
from tongban.kernel.acting import Acting, ActorKind, Channel
from tongban.kernel.wire import moment_text
from tongban.vault.api import DataKey, seal
from tongban.vault.errors import Tampered

NOW = datetime(2026, 11, 2, 3, 0, 0, 250, tzinfo=UTC)
KEY = DataKey("local-key", b"k" * 32)
OTHER = DataKey("local-other", b"o" * 32)
CLERK = Acting(
    actor_kind=ActorKind.STAFF, actor_id="local-staff", channel=Channel.DESK, post_id="local-post"
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(autouse=True)
def _at_that_moment() -> Iterator[None]:
    with clock.held_at(NOW):
        yield


def record(**changes: Any) -> str:  # noqa: ANN401 - any argument of record
    given: dict[str, Any] = {
        "kind": "case.received",
        "at": NOW,
        "place_id": "131028",
        "acting": CLERK,
        "subject": ("case", "local-case"),
        "facts": {"seq": 2, "office_id": "office-1"},
        "personal": {"name": "张三", "number": "110101199003074477"},
        "documents": [{"id": "local-document", "digest": "ab" * 32}],
        "refs": ["local-earlier"],
        "key": KEY,
    }
    return api.record(**(given | changes))


def keys(wanted: set[str]) -> Mapping[str, DataKey]:
    return {key.id: key for key in (KEY, OTHER) if key.id in wanted}


@pytest.mark.django_db
def test_an_entry_is_one_statement_and_opens_to_what_was_said() -> None:
    with CaptureQueriesContext(connection) as queries:
        entry_id = record()
    assert len(queries) == 1
    entry = api.open_entry(entry_id=entry_id, key=KEY)
    digests = sorted(map(rules.disclosure_digest, entry.disclosures))
    assert len(digests) == 2
    assert entry.body == {
        "v": 1,
        "id": entry_id,
        "kind": "case.received",
        "at": "2026-11-02T03:00:00.000250Z",
        "place_id": "131028",
        "node": ids.node_of(entry_id),
        "acting": CLERK.as_json(),
        "subject": {"kind": "case", "id": "local-case"},
        "facts": {"seq": 2, "office_id": "office-1"},
        "documents": [{"id": "local-document", "digest": "ab" * 32}],
        "refs": ["local-earlier"],
        "_sd_alg": "sha-256",
        "_sd": digests,
    }
    assert entry.personal == {"name": "张三", "number": "110101199003074477"}
    assert (entry.at, entry.subject) == (NOW, ("case", "local-case"))
    assert entry.leaf == b"\x01" + hashlib.sha256(entry.salt + entry.body_bytes).digest()


@pytest.mark.django_db
def test_what_was_disclosed_before_is_what_the_entry_opens_to() -> None:
    made = api.disclose({"form": {"名": "张三"}})
    with CaptureQueriesContext(connection) as queries:
        entry_id = record(personal=made)
    assert len(queries) == 1
    entry = api.open_entry(entry_id=entry_id, key=KEY)
    assert entry.personal == {"form": {"名": "张三"}}
    assert tuple(entry.disclosures) == made.texts
    assert api.disclose({"form": {"名": "张三"}}).texts != made.texts  # under its own salt
    with pytest.raises(ValueError, match="with a person's key"):
        record(personal=made, key=None)
    assert PendingEntry.objects.count() == 1


@pytest.mark.django_db
def test_no_personal_field_stands_in_row_leaf_or_body() -> None:
    entry_id = record()
    row = PendingEntry.objects.values().get(entry_id=entry_id)
    entry = api.open_entry(entry_id=entry_id, key=KEY)
    for secret in ("张三", "110101199003074477"):
        for digest in (secret.encode(), hashlib.sha256(secret.encode()).digest()):
            assert digest not in entry.body_bytes
            assert digest not in bytes(row["leaf"])
            assert digest not in bytes(row["body"])
        assert secret not in repr(row)
    assert len(bytes(row["leaf"])) == 33


@pytest.mark.django_db
def test_equal_entries_have_unequal_leaves_and_digests() -> None:
    first, second = (api.open_entry(entry_id=record(), key=KEY) for _ in range(2))
    assert first.leaf != second.leaf
    assert set(first.body["_sd"]).isdisjoint(second.body["_sd"])


@pytest.mark.django_db
def test_an_entry_goes_with_its_change() -> None:
    with transaction.atomic():
        record()
        transaction.set_rollback(True)
    assert PendingEntry.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_recorded() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        record()
    assert PendingEntry.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"kind": "case.invented"}, ValueError),
        ({"facts": {"text": "x" * rules.BODY_LIMIT}}, ValueError),
        ({"facts": {"money": 1.5}}, TypeError),
        ({"key": None}, ValueError),  # a name, and no person's key to seal it
        ({"personal": {"height": 1.5}}, TypeError),
    ],
)
def test_what_is_no_entry_is_not_recorded(changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        record(**changes)
    assert PendingEntry.objects.count() == 0


@pytest.mark.django_db
def test_without_the_key_an_entry_stays_shut() -> None:
    entry_id = record()
    with pytest.raises(Tampered):
        api.open_entry(entry_id=entry_id, key=OTHER)
    with pytest.raises(errors.EntryMissing):
        api.open_entry(entry_id="local-none", key=KEY)


@pytest.mark.django_db
def test_entries_of_a_subject_come_oldest_first() -> None:
    first = record()
    record(subject=("case", "local-another"))
    second = record(kind="case.accepted", key=OTHER)
    rows = api.entries_of(subject=("case", "local-case"))
    assert [(row.id, row.kind, row.key_id) for row in rows] == [
        (first, "case.received", "local-key"),
        (second, "case.accepted", "local-other"),
    ]


def flaws() -> list[tuple[str, str]]:
    return [(found.entry_id, found.flaw) for found in api.check_entries(keys=keys, batch=2)]


@pytest.mark.django_db
def test_untouched_entries_pass_in_batches() -> None:
    for _ in range(5):
        record()
    asked: list[set[str]] = []

    def count(wanted: set[str]) -> Mapping[str, DataKey]:
        asked.append(wanted)
        return keys(wanted)

    assert list(api.check_entries(keys=count, batch=2)) == []
    assert asked == [{"local-key"}] * 3


@pytest.mark.django_db(databases=["default", "keys"])
@pytest.mark.parametrize(
    ("column", "value", "flaw"),
    [
        ("leaf", b"\x01" + b"0" * 32, "changed"),
        ("body", b"\x01" + b"0" * 60, "changed"),
        ("kind", "case.declined", "columns"),
        ("at", NOW + timedelta(microseconds=1), "columns"),
        ("place_id", "110112", "columns"),
        ("subject_id", "local-another", "columns"),
        ("key_id", "local-gone", "key"),
    ],
)
def test_an_edited_row_is_found(column: str, value: object, flaw: str) -> None:
    record()
    entry_id = record()
    record()
    with operator():
        PendingEntry.objects.filter(entry_id=entry_id).update(**{column: value})
    assert flaws() == [(entry_id, flaw)]


@pytest.mark.django_db
def test_a_body_sealed_anew_with_the_key_but_without_its_leaf_is_found() -> None:
    entry_id, other = record(), record(facts={"seq": 3})
    row = PendingEntry.objects.get(entry_id=entry_id)
    forged = rules.Opening(
        salt=b"s" * 32, body=api.open_entry(entry_id=other, key=KEY).body_bytes, disclosures=()
    )
    place = {"table": "evidence_pendingentry", "row": entry_id, "column": "body"}
    row.body = seal(key=KEY, clear=rules.pack(forged), **place)
    with operator():
        row.save()
    assert flaws() == [(entry_id, "changed")]
    with pytest.raises(errors.EntryChanged):
        api.open_entry(entry_id=entry_id, key=KEY)


def test_an_opening_proves_its_own_disclosures_alone() -> None:
    mine, other = rules.disclosure_of("name", "张三"), rules.disclosure_of("name", "李四")
    body = json.dumps({"_sd": [rules.disclosure_digest(mine)]}).encode()
    leaf = api.leaf_of(b"s" * 32, body)
    proved = [
        rules.is_proved(leaf, rules.Opening(salt=salt, body=body, disclosures=disclosures))
        for salt, disclosures in [
            (b"s" * 32, (mine,)),
            (b"s" * 32, (other,)),
            (b"s" * 32, ()),
            (b"t" * 32, (mine,)),
            (b"s" * 31, (mine,)),
        ]
    ]
    assert proved == [True, False, False, False, False]


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_two_bodies_have_two_leaves(first: bytes, second: bytes) -> None:
    salt = b"s" * 32
    assert (api.leaf_of(salt, first) == api.leaf_of(salt, second)) == (first == second)


def test_the_leaf_of_a_known_body() -> None:
    leaf = api.leaf_of(bytes(32), b"{}")
    assert leaf.hex() == "01" + hashlib.sha256(bytes(32) + b"{}").hexdigest()


@pytest.mark.parametrize("salt", [b"", b"s" * 31, b"s" * 33])
def test_a_salt_has_32_bytes(salt: bytes) -> None:
    with pytest.raises(ValueError, match="32"):
        api.leaf_of(salt, b"{}")


@given(st.text(), json_values)
def test_a_disclosure_reads_back_and_is_salted(name: str, value: object) -> None:
    disclosure = rules.disclosure_of(name, value)
    assert rules.read_disclosure(disclosure) == (name, value)
    assert rules.disclosure_digest(disclosure) != rules.disclosure_digest(
        rules.disclosure_of(name, value)
    )


def test_a_disclosure_has_the_digest_of_the_sd_jwt_standard() -> None:
    # RFC 9901 section 4.2.3, its example of a digest over a disclosure.
    disclosure = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    digest = "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
    assert rules.disclosure_digest(disclosure) == digest
    # Its spaces make it another spelling than ours, which alone is read.
    with pytest.raises(ValueError, match="canonical"):
        rules.read_disclosure(disclosure)
    ours = rules.disclosure_of("family_name", "Möbius")
    assert rules.read_disclosure(ours) == ("family_name", "Möbius")


@given(st.binary(min_size=32, max_size=32), st.dictionaries(st.text(), json_values, max_size=3))
def test_an_opening_survives_packing(salt: bytes, body: dict[str, Any]) -> None:
    raw = json.dumps(body, ensure_ascii=True).encode()
    opening = rules.Opening(salt=salt, body=raw, disclosures=("a", "b"))
    assert rules.unpack(rules.pack(opening)) == opening


def test_a_moment_is_written_in_utc() -> None:
    beijing = datetime.fromisoformat("2026-11-02T11:00:00+08:00")
    assert moment_text(beijing) == "2026-11-02T03:00:00.000000Z"
    with clock.held_at(NOW):
        assert moment_text(clock.now()) == "2026-11-02T03:00:00.000250Z"


def test_every_kind_has_a_name_of_its_own() -> None:
    assert all(code == kind.code for code, kind in api.KINDS.items())
    titles = [kind.title for kind in api.KINDS.values()]
    assert len(set(titles)) == len(titles)
    assert "" not in titles
    assert {"case.received", "case.decided", "custody.moved", "look"} <= set(api.KINDS)
