"""Attacks on the entries themselves: replayed, back-dated, talkative, guessed, erased.

What a log and its witnesses stand up to is in tests/evidence/core/test_attacks.py.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import HTTPRedirectHandler

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from faults.nodes import rows as rows_of
from support import scene
from support.finality import operator
from support.node import Node
from support.personal import Scanner, forms
from support.scene import DACHANG, TONGZHOU, Walk, walk_to
from tongban.cases import api as cases
from tongban.cases.api import State
from tongban.evidence import api, rules
from tongban.evidence.models import SEALED_COLUMN, SEALED_TABLE, PendingEntry
from tongban.identity.api import ErasureGround
from tongban.kernel import clock, ids
from tongban.kernel.acting import OPERATOR
from tongban.places import api as places
from tongban.regions import api as regions
from tongban.site.checks import CHECKS
from tongban.site.tour import journeys
from tongban.site.tour.browser import Browser
from tongban.site.tour.pages import Form
from tongban.vault import api as vault
from tongban.vault.models import DataKey

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
KEY = vault.DataKey("local-key", b"k" * 32)
PEOPLE = {
    f"{name} of {person.login}": getattr(person, name)
    for person in regions.demo_people(region="jingjinji")
    for name in ("name", "number", "phone")
}
NUMBER = "13102819920308998X"

in_both = pytest.mark.django_db(databases=["default", "keys"])


def record(**changes: Any) -> str:  # noqa: ANN401 - any argument of record
    given: dict[str, Any] = {
        "kind": "case.accepted",
        "at": clock.now(),
        "place_id": DACHANG,
        "acting": OPERATOR,
        "subject": ("case", "local-case"),
        "key": KEY,
    }
    return api.record(**(given | changes))


def findings() -> list[tuple[str, str]]:
    def keys(wanted: set[str]) -> Mapping[str, vault.DataKey]:
        return {**vault.keys_by_id(wanted - {KEY.id}), KEY.id: KEY}

    return [(one.entry_id, one.flaw.value) for one in api.check_entries(keys=keys)]


@in_both
def test_attack_22_an_entry_is_not_recorded_twice_and_its_copy_is_found() -> None:
    entry_id = record(personal={"name": "马清荷"})
    row = PendingEntry.objects.get(entry_id=entry_id)
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)
    assert PendingEntry.objects.count() == 1
    # As it is, under another id; and by a thief of the key, sealed for that id.
    copied = row.entry_id = ids.new_id("local")
    row.pk = None
    row.save(force_insert=True)
    opening = rules.pack(_opening(entry_id, KEY))
    resealed = row.entry_id = ids.new_id("local")
    row.body = vault.seal(
        key=KEY, table=SEALED_TABLE, row=resealed, column=SEALED_COLUMN, clear=opening
    )
    row.pk = None
    row.save(force_insert=True)
    assert findings() == [(copied, "changed"), (resealed, "columns")]


def _opening(entry_id: str, key: vault.DataKey) -> rules.Opening:
    entry = api.open_entry(entry_id=entry_id, key=key)
    return rules.Opening(salt=entry.salt, body=entry.body_bytes, disclosures=entry.disclosures)


@pytest.mark.parametrize(
    ("changes", "misdated"),
    [
        ({}, False),
        ({"at": NOW - timedelta(minutes=5)}, False),
        ({"at": NOW - timedelta(minutes=5, seconds=1)}, True),
        ({"at": NOW - timedelta(days=9)}, True),
        ({"at": NOW + timedelta(minutes=6)}, True),
        # Silence accepts from the day the papers came (行政许可法 art. 32(4)); nothing else does.
        ({"at": NOW - timedelta(days=9), "facts": {"by_silence": True}}, False),
        ({"at": NOW - timedelta(days=9), "facts": {"by_silence": 1}}, True),
        (
            {"at": NOW - timedelta(days=9), "facts": {"by_silence": True}, "kind": "case.decided"},
            True,
        ),
        ({"at": NOW - timedelta(days=9), "kind": "look"}, False),
        ({"at": NOW + timedelta(minutes=6), "kind": "look"}, True),
        ({"before": NOW + timedelta(minutes=5)}, False),
        ({"before": NOW + timedelta(minutes=6)}, True),
    ],
)
def test_attack_23_the_rule_of_dates(changes: dict[str, Any], *, misdated: bool) -> None:
    given: dict[str, Any] = {
        "kind": "case.accepted",
        "facts": {},
        "at": NOW,
        "recorded_at": NOW,
        "before": None,
    }
    assert rules.is_misdated(**(given | changes)) is misdated


@in_both
def test_attack_23_a_back_dated_entry_is_noted_and_lawful_silence_is_not() -> None:
    long_ago = NOW - timedelta(days=9)
    with clock.held_at(NOW):
        record()
        record(at=long_ago, facts={"by_silence": True})
        noted = record(at=long_ago, facts={"by_silence": False})
        record()
    assert findings() == [(noted, "misdated")]
    # Whoever sets the moment of recording back too stands out among those before and after.
    with operator():
        PendingEntry.objects.filter(entry_id=noted).update(created_at=long_ago)
    assert findings() == [(noted, "misdated")]
    assert not api.Flaw.MISDATED.is_damage


@pytest.mark.parametrize("value", ["马清荷", NUMBER, "大厂镇大安街15号底商3号"])
def test_the_scanner_finds_a_value_however_it_is_written(value: str) -> None:
    scanner = Scanner({"planted": value})
    for form, planted in forms(value):
        for around in (b"", b"\0", b"ab"):
            assert scanner.find("here", around + planted + around) != [], form
    assert scanner.find("here", b"nothing of it: 131028, " + "清荷".encode()) == []
    for shift in range(6):
        beside = base64.urlsafe_b64encode(b"x" * shift + value.encode() + b"yz")
        assert scanner.find("here", beside) != []


@in_both
def test_the_scanner_finds_what_is_planted_in_an_entry() -> None:
    scanner = Scanner(PEOPLE)
    record(facts={"number": NUMBER})
    record(subject=("case", "local-other"))
    assert _entries_scanned(scanner) == []
    assert [line for line in _bodies_scanned(scanner, KEY) if "(utf-8)" in line] == [
        "body: number of ma.qinghe (utf-8)"
    ]
    record(subject=("person", NUMBER))
    assert "columns: number of ma.qinghe (utf-8)" in _entries_scanned(scanner)
    with operator():
        planted = b"\x01" + NUMBER.encode()
        PendingEntry.objects.filter(subject_id="local-other").update(leaf=planted)
    assert _entries_scanned(scanner) != []


def _entries_scanned(scanner: Scanner) -> list[str]:
    return scanner.find_in_rows("columns", PendingEntry.objects.values_list())


def _bodies_scanned(scanner: Scanner, *more: vault.DataKey) -> list[str]:
    """Search the bodies of all entries, which hold facts and digests but no personal field."""
    found = []
    for row in PendingEntry.objects.all():
        keys = {**{key.id: key for key in more}, **vault.keys_by_id({row.key_id})}
        found += scanner.find("body", _opening(row.entry_id, keys[row.key_id]).body)
    return found


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Return what the browsers of a tour ask for and type: ``urls`` and ``texts``."""
    seen: dict[str, list[str]] = {"urls": [], "texts": []}
    go, send, redirect = (Browser._go, Browser.send, HTTPRedirectHandler.redirect_request)

    def note_url(self: Browser, request: Any, status: int) -> Any:  # noqa: ANN401 - urllib's
        seen["urls"].append(request.full_url)
        return go(self, request, status)

    def note_redirect(self: Any, request: Any, *rest: Any) -> Any:  # noqa: ANN401 - likewise
        seen["urls"].append(str(rest[-1]))
        return redirect(self, request, *rest)

    def note_texts(self: Browser, form: Form, value: str = "", **more: int) -> Any:  # noqa: ANN401
        typed = dict(form.fields(form.button(value)))
        public = {"q", "carrier"}  # what is looked for in the catalogue, and who carries papers
        seen["texts"] += [typed[name] for name in typed if name.rpartition(".")[2] not in public]
        seen["texts"] += [file.name for _, file in form.files]
        return send(self, form, value, **more)

    monkeypatch.setattr(Browser, "_go", note_url)
    monkeypatch.setattr(Browser, "send", note_texts)
    monkeypatch.setattr(HTTPRedirectHandler, "redirect_request", note_redirect)
    return seen


REFERENCE = ("matters", "places", "agreements")
"""Apps whose tables hold what is published: no person's."""


def test_attack_24_after_a_tour_nothing_personal_stands_outside_what_is_sealed(
    live_node: Node, sent: dict[str, list[str]]
) -> None:
    assert journeys.run(live_node.url, lambda _line: None).ok
    _until_looks_are_drained(live_node)
    typed = {text for text in sent["texts"] if re.search("[\u4e00-\u9fff]", text)}
    assert {"大厂镇大安街15号底商3号", "租赁合同.pdf"} <= typed
    scanner = Scanner(PEOPLE | {f"typed {number}": text for number, text in enumerate(typed)})
    assert len(sent["urls"]) > 100
    found = scanner.find("URL", "\n".join(sent["urls"]).encode())
    for path in _written_files(live_node.home):
        found += scanner.find(str(path.relative_to(live_node.home)), path.read_bytes())
    tables = [
        model._meta.db_table for model in apps.get_models() if model._meta.app_label != "vault"
    ]
    for table in tables:
        if not table.startswith(REFERENCE):
            found += scanner.find_in_rows(table, rows_of(live_node, f"SELECT * FROM {table}"))  # noqa: S608 - the product's own tables
    assert found == []


def _written_files(home: Path) -> list[Path]:
    """Return every file that the node wrote: logs, tiles, documents, spool, keys; no database.

    The main database is read table by table, for what it holds of the catalogue is no secret.
    """
    found = [path for path in home.rglob("*") if path.is_file()]
    names = {path.name for path in found}
    assert {"serve.log", "worker.log", "keys.sqlite3"} <= names
    return [
        path
        for path in found
        if "static" not in path.parts and not path.name.startswith("tongban.sqlite3")
    ]


def _until_looks_are_drained(node: Node) -> None:
    node.command("worker", "--once")
    assert rows_of(node, "SELECT count(*) FROM evidence_look")[0][0] > 0


@in_both
@pytest.mark.usefixtures("region")
def test_attack_25_no_body_holds_a_digest_that_can_be_guessed() -> None:
    walk_to(State.DELIVERED, mode="received")
    walk_to(State.CORRECTING)
    answers = scene.form(TONGZHOU)
    typed = {name: answers[name] for name in ("business_name", "premises_address")}
    assert PendingEntry.objects.filter(kind="person.registered").count() == 3
    assert _bodies_scanned(Scanner(PEOPLE | typed)) == []
    digests = [digest for body in _bodies() for digest in body["_sd"]]
    guessed = {
        rules.disclosure_digest(rules._base64url(json.dumps([salt, "number", NUMBER]).encode()))
        for salt in ("", "0", "A" * 22)
    }
    assert len(digests) == len(set(digests)) > 5
    assert guessed.isdisjoint(digests)


def _bodies() -> list[dict[str, Any]]:
    found = []
    for row in PendingEntry.objects.all():
        key = vault.keys_by_id({row.key_id})[row.key_id]
        found.append(api.open_entry(entry_id=row.entry_id, key=key).body)
    return found


@in_both
@pytest.mark.usefixtures("region")
def test_attack_26_erased_then_verified() -> None:
    settings = [
        places.SettingRow(place_id=place, key="retention_years", value=0)
        for place in (DACHANG, TONGZHOU)
    ]
    places.put_settings(settings, apply=True)
    Walk(place=TONGZHOU, mode="online", who="wang").begin().hand_in()
    walk = Walk(place=TONGZHOU, mode="online", who="ma").begin().hand_in()
    cases.withdraw(
        acting=walk.applicant,
        case_id=walk.done.case_id,
        seq=walk.done.seq,
        reason="",
        key=scene.key(),
    )
    ma = scene.person_id("ma")
    theirs = set(DataKey.objects.filter(person_id=ma).values_list("id", flat=True))
    before = leaves()
    lost = [
        row.entry_id for row in PendingEntry.objects.order_by("position").filter(key_id__in=theirs)
    ]
    submitted = PendingEntry.objects.get(kind="case.submitted", subject_id=walk.done.case_id)
    key = vault.keys_by_id({submitted.key_id})[submitted.key_id]
    taken_away = _opening(submitted.entry_id, key)
    assert findings() == []
    cases.erase_person(acting=OPERATOR, person_id=ma, ground=ErasureGround.CONSENT_WITHDRAWN)
    # Registered, submitted, withdrawn: these can't be read; every other entry still checks.
    assert (len(lost), findings()) == (3, [(entry_id, "unreadable") for entry_id in lost])
    assert [found.what for check in CHECKS for found in check.function() if found.damage] == []
    after = leaves()
    assert {entry_id: after[entry_id] for entry_id in before} == before
    assert len(after) == len(before) + 1
    leaf = before[submitted.entry_id]
    assert rules.is_proved(leaf, taken_away)
    assert dict(map(rules.read_disclosure, taken_away.disclosures))["form"] != {}
    for forged in (
        replace(taken_away, salt=bytes(32)),
        replace(taken_away, body=taken_away.body.replace(b"case.submitted", b"case.withdrawn")),
        replace(taken_away, disclosures=(rules.disclosure_of("form", {}),)),
    ):
        assert not rules.is_proved(leaf, forged)


def leaves() -> dict[str, bytes]:
    return {row.entry_id: bytes(row.leaf) for row in PendingEntry.objects.all()}
