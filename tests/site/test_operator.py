"""Someone with full rights over the database edits a row: ``tongban verify`` finds it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from support.finality import operator
from support.scene import TONGZHOU, walk_to
from tongban.cases import api as cases
from tongban.cases.api import State
from tongban.evidence import api as evidence
from tongban.site.checks import CHECKS

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
def own_log() -> Iterator[None]:
    """Begin without a log, and leave none behind: its entries are rolled back."""
    forget_log()
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
