"""Mandates: who may give and end them, and the check before an agent acts."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from tongban.documents import api as documents
from tongban.evidence import api as evidence
from tongban.evidence.models import PendingEntry
from tongban.identity import api, errors
from tongban.identity.models import Mandate, Person
from tongban.kernel import clock
from tongban.kernel.acting import Acting, Assurance
from tongban.vault import api as vault

if TYPE_CHECKING:
    from tongban.kernel.errors import Refusal

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

ActAs = Callable[..., Acting]
TODAY = date(2026, 11, 2)
MATTER = api.Scope(api.ScopeKind.MATTER, "m1")
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"


class Two:
    """A principal and an agent."""

    def __init__(self, register: Callable[..., str]) -> None:
        self.principal = register("张三丰", "131028194912310023")
        self.agent = register("李四", "13102819800229005X", place_id="131028")

    def grant(self, acting: Acting, **changed: Any) -> api.MandateView:  # noqa: ANN401 - any field
        return api.grant_mandate(
            **{
                "acting": acting,
                "principal_id": self.principal,
                "agent_id": self.agent,
                "scope": MATTER,
                "starts_on": TODAY,
                "ends_on": TODAY + timedelta(days=30),
                "ground": api.Ground.ONLINE,
                **changed,
            }
        )

    def check(self, mandate_id: str, **changed: Any) -> None:  # noqa: ANN401 - any field
        api.check_mandate(
            **{
                "mandate_id": mandate_id,
                "agent_id": self.agent,
                "principal_id": self.principal,
                "matter_code": "m1",
                "case_id": None,
                "on": TODAY,
                **changed,
            }
        )

    def paper(self, owner_id: str) -> str:
        return documents.take(
            place_id="110112",
            owner=("person", owner_id),
            key=vault.key_of(place_id="110112", person_id=self.principal),
            key_person=self.principal,
            key_case=None,
            stream=[PDF],
            filename="授权委托书.pdf",
        ).id


@pytest.fixture
def two(register: Callable[..., str]) -> Two:
    return Two(register)


def test_a_mandate_given_online(two: Two, citizen: ActAs) -> None:
    given = two.grant(citizen(two.principal))
    assert given == api.MandateView(
        id=given.id,
        place_id="110112",
        principal_id=two.principal,
        agent_id=two.agent,
        scope=MATTER,
        starts_on=TODAY,
        ends_on=date(2026, 12, 2),
        granted_at=clock.now(),
        withdrawn_at=None,
        ground=api.Ground.ONLINE,
        document_id=None,
    )
    with CaptureQueriesContext(connection) as statements:
        two.check(given.id)
    assert len(statements) == 1
    two.check(given.id, on=date(2026, 12, 2))
    assert api.mandates_of(two.principal) == [given]
    assert api.mandates_of(two.agent) == [given]
    assert api.mandates_of("x") == []


def test_giving_and_ending_are_in_evidence(two: Two, citizen: ActAs) -> None:
    given = two.grant(citizen(two.principal))
    api.withdraw_mandate(acting=citizen(two.agent), mandate_id=given.id)
    rows = evidence.entries_of(subject=("mandate", given.id))
    assert [row.kind for row in rows] == ["mandate.granted", "mandate.withdrawn"]
    key = vault.key_of(place_id="110112", person_id=two.principal)
    granted, ended = (evidence.open_entry(entry_id=row.id, key=key).body for row in rows)
    assert granted["facts"] == {
        "principal_id": two.principal,
        "agent_id": two.agent,
        "scope_kind": "matter",
        "scope_id": "m1",
        "starts_on": "2026-11-02",
        "ends_on": "2026-12-02",
        "ground": "online",
    }
    assert ended["refs"] == [rows[0].id]
    assert ended["acting"]["actor_id"] == two.agent


def test_a_mandate_on_paper_needs_the_scan(two: Two, clerk: ActAs) -> None:
    document_id = two.paper(two.principal)
    given = two.grant(clerk(two.principal), ground=api.Ground.PAPER, document_id=document_id)
    assert given.document_id == document_id
    two.check(given.id)
    (row,) = evidence.entries_of(subject=("mandate", given.id))
    key = vault.key_of(place_id="110112", person_id=two.principal)
    entry = evidence.open_entry(entry_id=row.id, key=key)
    assert entry.body["documents"] == documents.digests(document_ids=[document_id])


def test_what_is_no_mandate_leaves_nothing(two: Two, citizen: ActAs, clerk: ActAs) -> None:
    principal = citizen(two.principal)
    someone_elses = two.paper(two.agent)
    before = PendingEntry.objects.count()
    bad: list[tuple[Acting, dict[str, object], type[Refusal]]] = [
        (citizen(two.agent), {}, errors.MandateNotYours),
        (clerk(two.principal), {}, errors.MandateNotYours),
        (citizen(two.principal, Assurance.ANONYMOUS), {}, errors.AssuranceTooLow),
        (principal, {"agent_id": two.principal}, errors.MandateRefused),
        (principal, {"agent_id": "x"}, errors.PersonMissing),
        (principal, {"ends_on": TODAY - timedelta(days=1)}, errors.MandateRefused),
        (principal, {"scope": api.Scope(api.ScopeKind.CASE)}, errors.MandateRefused),
        (clerk(two.principal), {"ground": api.Ground.PAPER}, errors.MandateRefused),
        (
            clerk(two.principal),
            {"ground": api.Ground.PAPER, "document_id": someone_elses},
            errors.MandateRefused,
        ),
    ]
    for acting, changed, refusal in bad:
        with pytest.raises(refusal):
            two.grant(acting, **changed)
    Person.objects.filter(id=two.agent).update(state="blocked")
    with pytest.raises(errors.PersonBlocked):
        two.grant(principal)
    assert (Mandate.objects.count(), PendingEntry.objects.count()) == (0, before)


def test_the_check_says_what_is_wrong(two: Two, citizen: ActAs) -> None:
    given = two.grant(citizen(two.principal))
    for changed, refusal in (
        ({"mandate_id": "x"}, errors.MandateMissing),
        ({"agent_id": two.principal}, errors.MandateMissing),
        ({"principal_id": two.agent}, errors.MandateMissing),
        ({"agent_id": two.principal, "principal_id": two.agent}, errors.MandateMissing),
        ({"on": TODAY - timedelta(days=1)}, errors.MandateExpired),
        ({"on": date(2026, 12, 3)}, errors.MandateExpired),
        ({"matter_code": "m2"}, errors.MandateScope),
    ):
        fields: dict[str, Any] = {"mandate_id": given.id, **changed}
        with pytest.raises(refusal):
            two.check(**fields)
    api.withdraw_mandate(acting=citizen(two.principal), mandate_id=given.id)
    with pytest.raises(errors.MandateWithdrawn):
        two.check(given.id, on=date(2026, 12, 3))


def test_withdrawing_again_changes_nothing(two: Two, citizen: ActAs) -> None:
    given = two.grant(citizen(two.principal))
    ended = api.withdraw_mandate(acting=citizen(two.principal), mandate_id=given.id)
    assert ended.withdrawn_at == clock.now()
    with clock.held_at(clock.now() + timedelta(hours=1)):
        assert api.withdraw_mandate(acting=citizen(two.agent), mandate_id=given.id) == ended
    assert len(evidence.entries_of(subject=("mandate", given.id))) == 2


def test_a_stranger_cannot_end_a_mandate_nor_learn_of_it(two: Two, citizen: ActAs) -> None:
    given = two.grant(citizen(two.principal))
    for mandate_id in (given.id, "x"):
        with pytest.raises(errors.MandateMissing):
            api.withdraw_mandate(acting=citizen("stranger"), mandate_id=mandate_id)
    assert Mandate.objects.get().withdrawn_at is None


def test_the_newest_mandate_comes_first(two: Two, citizen: ActAs) -> None:
    first = two.grant(citizen(two.principal))
    with clock.held_at(clock.now() + timedelta(minutes=1)):
        second = two.grant(citizen(two.principal), scope=api.Scope(api.ScopeKind.ANY))
    assert [each.id for each in api.mandates_of(two.principal)] == [second.id, first.id]


@pytest.mark.parametrize(
    "changed",
    [
        {"agent": "principal"},
        {"ends_on": date(2026, 1, 1)},
        {"scope_kind": "any"},
        {"scope_id": ""},
        {"ground": "paper"},
    ],
)
def test_the_database_refuses_too(two: Two, citizen: ActAs, changed: dict[str, object]) -> None:
    given = two.grant(citizen(two.principal))
    if changed.get("agent") == "principal":
        changed = {"agent": two.principal}
    with pytest.raises(IntegrityError), transaction.atomic():
        Mandate.objects.filter(id=given.id).update(**changed)


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_a_mandate_is_withdrawn_once_by_many(two: Two, citizen: ActAs) -> None:
    given = two.grant(citizen(two.principal))

    def run() -> None:
        try:
            api.withdraw_mandate(acting=citizen(two.principal), mandate_id=given.id)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(evidence.entries_of(subject=("mandate", given.id))) == 2
