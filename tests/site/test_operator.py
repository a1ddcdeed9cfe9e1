"""Someone with full rights over the database edits a row: ``tongban verify`` finds it."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from support.finality import operator
from support.scene import OFFICERS, TONGZHOU, as_post, walk_to
from tongban.cases import api as cases
from tongban.cases.api import State
from tongban.cases.models import Case, CaseEvent
from tongban.evidence import api as evidence
from tongban.evidence.actions import drain, looks
from tongban.site.checks import CHECKS
from tongban.vault import api as vault

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region", "own_log"),
]

OF_CASE = "case_id = %s"
OF_ENTRY = "subject_id = %s"
OF_PAPER = "item_id IN (SELECT id FROM delivery_custodyitem WHERE subject_id = %s)"
ANOTHER = (
    "(SELECT content FROM cases_documentofrecord AS other"
    " WHERE other.kind = 'consent' AND other.case_id = cases_documentofrecord.case_id)"
)
EDITS = [
    ("cases_case", "state = 'refused'", "id = %s"),
    ("cases_case", "number = '110112-2026-999999'", "id = %s"),
    ("cases_case", "decided_at = '2026-01-05 01:00:00'", "id = %s"),
    ("cases_case", "accepted_at = NULL", "id = %s"),
    ("cases_case", "outcome = 'refused'", "id = %s"),
    ("cases_case", "applicant_id = (SELECT MAX(id) FROM identity_person)", "id = %s"),
    ("cases_case", "agency_id = (SELECT MIN(id) FROM places_agency)", "id = %s"),
    ("cases_case", "receiving_office_id = 'office-fuzhongxin-centre'", "id = %s"),
    ("cases_case", "accepted_by_silence = (1 = 1)", "id = %s"),
    ("cases_documentofrecord", "number = 'x'", f"kind = 'decision' AND {OF_CASE}"),
    ("cases_documentofrecord", "made_on = '2026-01-05'", f"kind = 'decision' AND {OF_CASE}"),
    ("cases_documentofrecord", None, f"kind = 'decision' AND {OF_CASE}"),
    ("delivery_custodyitem", "label = 'x'", OF_ENTRY),
    ("delivery_custodyitem", "copies = 9", OF_ENTRY),
    ("evidence_pendingentry", "key_id = 'x'", f"kind = 'look' AND {OF_ENTRY}"),
    ("evidence_pendingentry", "key_id = 'x'", f"kind = 'custody.moved' AND {OF_ENTRY}"),
    ("cases_caseevent", "at = '2026-01-05 01:00:00'", f"verb = 'accept' AND {OF_CASE}"),
    ("cases_caseevent", "payload = '{}'", f"verb = 'receive' AND {OF_CASE}"),
    ("cases_caseevent", "acting = '{}'", f"verb = 'decide' AND {OF_CASE}"),
    ("cases_caseevent", 'documents = \'[{"id": "x", "digest": "y"}]\'', OF_CASE),
    ("cases_caseevent", "sealed = NULL", f"verb = 'review' AND {OF_CASE}"),
    ("cases_caseevent", "state = 'refused'", f"verb = 'decide' AND {OF_CASE}"),
    ("cases_caseevent", None, f"verb = 'close' AND {OF_CASE}"),
    ("cases_documentofrecord", f"content = {ANOTHER}", f"kind = 'decision' AND {OF_CASE}"),
    ("evidence_pendingentry", "kind = 'case.declined'", f"kind = 'case.decided' AND {OF_ENTRY}"),
    ("evidence_pendingentry", "subject_id = 'x'", f"kind = 'case.decided' AND {OF_ENTRY}"),
    ("evidence_pendingentry", "leaf = body", f"kind = 'look' AND {OF_ENTRY}"),
    ("evidence_look", "purpose = 'x'", OF_CASE),
    ("evidence_look", "viewer = '{}'", OF_CASE),
    ("evidence_look", None, OF_CASE),
    ("delivery_custodyitem", "state = 'lost'", OF_ENTRY),
    ("delivery_custodymove", "carrier = 'SF'", f"verb = 'send' AND {OF_PAPER}"),
    ("delivery_custodymove", "to_id = 'local-x'", f"seq = 1 AND {OF_PAPER}"),
]


@pytest.fixture
def own_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin without a log, and leave none behind: its entries are rolled back.

    Looks have a spool of their own: others left some at cases that were rolled back.
    """
    forget_log()
    for room in (looks, drain):
        monkeypatch.setattr(room, "spool_folder", lambda: tmp_path / "spool")
    yield
    forget_log()


def forget_log() -> None:
    shutil.rmtree(Path(settings.HOME) / "log", ignore_errors=True)
    for key in (Path(settings.HOME) / "keys").glob("log-*"):
        key.unlink()


@pytest.fixture
def case_id() -> str:
    walk = walk_to(State.DELIVERED, place=TONGZHOU, mode="received")
    cases.case_file(acting=walk.officer, case_id=walk.done.case_id, purpose="audit")
    evidence.drain_looks()
    evidence.seal_once()
    return walk.done.case_id


def damage() -> Iterator[str]:
    for check in CHECKS:
        for found in check.function():
            if found.damage:
                yield f"{check.name}: {found.what}"


def found_after(table: str, change: str | None, where: str, case_id: str) -> list[str]:
    """Edit as an operator, look, and take the edit back."""
    verb = "DELETE FROM {}" if change is None else "UPDATE {} SET {}"
    with transaction.atomic():
        with operator(), connection.cursor() as cursor:
            cursor.execute(f"{verb.format(table, change)} WHERE {where}", [case_id])
            assert cursor.rowcount > 0
        found = list(damage())
        transaction.set_rollback(True)
    return found


def test_an_edited_row_is_found(case_id: str) -> None:
    assert not list(damage())
    assert [edit for edit in EDITS if not found_after(*edit, case_id)] == []
    assert not list(damage())


def test_a_whole_case_that_is_gone_is_missed(case_id: str) -> None:
    removal = "DELETE FROM {} WHERE {}"
    with operator(), connection.cursor() as cursor:
        for table, where in (
            ("delivery_custodymove", OF_PAPER),
            ("delivery_custodyitem", OF_ENTRY),
            ("cases_casepaper", OF_CASE),
            ("cases_documentofrecord", OF_CASE),
            ("cases_caseevent", OF_CASE),
            ("cases_case", "id = %s"),
        ):
            cursor.execute(removal.format(table, where), [case_id])
    found = [one for one in damage() if "entries speak of it, but it is gone" in one]
    checks = {one.partition(":")[0] for one in found}
    assert checks == {"cases and their events", "papers in custody"}


def test_an_event_edited_along_with_a_second_entry_is_found(case_id: str) -> None:
    event = CaseEvent.objects.get(case_id=case_id, verb="review")
    with operator():
        CaseEvent.objects.filter(pk=event.pk).update(payload={"recommends": "refuse"})
    case = Case.objects.get(pk=case_id)
    key = vault.key_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case_id)
    (entry,) = [
        one
        for one in evidence.open_entries(subject=("case", case_id))
        if one.body["facts"].get("event") == event.id
    ]
    with transaction.atomic():
        evidence.record(
            kind=entry.kind,
            at=entry.at,
            place_id=entry.place_id,
            acting=as_post(OFFICERS[TONGZHOU]),
            subject=entry.subject,
            facts={**entry.body["facts"], "recommends": "refuse"},
            personal=entry.personal,
            documents=entry.body["documents"],
            key=key,
        )
    evidence.seal_once()
    assert any(f"event {event.id}: 2 entries speak of it" in one for one in damage())


def test_the_dates_of_a_running_case_are_reckoned_anew() -> None:
    walk = walk_to(State.ACCEPTED, place=TONGZHOU)
    assert not list(cases.check_cases())
    with operator():
        Case.objects.filter(pk=walk.done.case_id).update(
            due_on=date(2030, 1, 1),
            statutory_due_on=date(2030, 1, 1),
            agency_due_on=date(2030, 1, 1),
        )
    assert len(list(cases.check_cases())) == 2
