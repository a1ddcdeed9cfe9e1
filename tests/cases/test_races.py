"""Several at once, with real transactions: who wins, who is told, what is counted."""

import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection, connections, transaction

from support.scene import (
    TONGZHOU,
    Walk,
    as_person,
    checked,
    edition_id,
    form,
    key,
    person_id,
    walk_to,
)
from tongban.cases import api as cases
from tongban.cases import rules
from tongban.cases.actions.numbers import next_number
from tongban.cases.api import State
from tongban.cases.errors import PersonHasCase, Stale
from tongban.cases.models import Case, CaseEvent, DocumentOfRecord
from tongban.evidence import api as evidence
from tongban.identity import api as identity
from tongban.identity.errors import PersonMissing
from tongban.identity.models import Mandate, Person
from tongban.kernel import clock
from tongban.kernel.acting import OPERATOR
from tongban.kernel.errors import Refusal
from tongban.vault import api as vault

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"], transaction=True),
    pytest.mark.usefixtures("region"),
]


def _at_once(*jobs: Callable[[], object]) -> list[object]:
    """Run the jobs in threads that start together; return answers and refusals in order."""
    answers: list[object] = [None] * len(jobs)
    barrier = threading.Barrier(len(jobs))

    def run(place: int, job: Callable[[], object]) -> None:
        barrier.wait()
        try:
            answers[place] = job()
        except Refusal as refusal:
            answers[place] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, job)) for place, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.parametrize("turn", range(5))
def test_two_officers_decide_at_once_one_wins_the_other_is_told(turn: int) -> None:
    walk = walk_to(State.REVIEWED, place=TONGZHOU)
    case_id, seq = walk.done.case_id, walk.done.seq
    decider = walk.decider

    def grant() -> object:
        return cases.decide(
            acting=decider, grant=True, reason="", key=key(), case_id=case_id, seq=seq
        )

    def refuse() -> object:
        return cases.decide(
            acting=decider,
            grant=False,
            reason="字号与已登记的个体工商户相同。",
            key=key(),
            case_id=case_id,
            seq=seq,
        )

    answers = _at_once(grant, refuse)
    won = [answer for answer in answers if isinstance(answer, cases.Done)]
    told = [answer for answer in answers if isinstance(answer, Stale)]
    assert (len(won), len(told)) == (1, 1)
    assert told[0].fields == {"seq": walk.done.seq + 1}
    assert CaseEvent.objects.filter(case_id=walk.done.case_id, verb="decide").count() == 1
    assert DocumentOfRecord.objects.filter(kind="decision").count() == 1


def test_the_same_submission_four_times_at_once_is_one() -> None:
    walk = walk_to(State.DRAFT, place=TONGZHOU)
    once, sent = key(), checked(walk.applicant, walk.done.case_id)

    def submit() -> object:
        return cases.submit(**sent, consent=True, key=once)

    answers = _at_once(submit, submit, submit, submit)
    assert {type(answer) for answer in answers} == {cases.Done}
    assert len({answer.number for answer in answers if isinstance(answer, cases.Done)}) == 1
    assert CaseEvent.objects.filter(verb="submit").count() == 1


def test_numbers_have_no_duplicates_and_no_gaps_under_load() -> None:
    def take() -> object:
        taken = []
        for _ in range(25):
            with transaction.atomic():
                taken.append(next_number(issuer="a", series="s", year=2026))
        return taken

    answers = _at_once(*[take] * 6)
    numbers = [number for answer in answers if isinstance(answer, list) for number in answer]
    assert sorted(numbers) == list(range(1, 151))


def test_a_rolled_back_verb_gives_its_number_back() -> None:
    class Undone(Exception):  # noqa: N818
        pass

    def undone() -> None:
        with transaction.atomic():
            assert next_number(issuer="b", series="s", year=2026) == 1
            raise Undone

    with pytest.raises(Undone):
        undone()
    with transaction.atomic():
        assert next_number(issuer="b", series="s", year=2026) == 1


def test_many_submissions_at_once_get_numbers_of_their_own() -> None:
    walks = [Walk(place=TONGZHOU, mode="online").begin() for _ in range(6)]
    acting = walks[0].applicant

    def submission(walk: Walk) -> Callable[[], object]:
        sent = checked(acting, walk.done.case_id)
        return lambda: cases.submit(**sent, consent=True, key=key())

    answers = _at_once(*[submission(walk) for walk in walks])
    assert {type(answer) for answer in answers} == {cases.Done}
    assert Case.objects.values("number").distinct().count() == len(walks)
    assert list(cases.check_cases()) == []


class Overtaken:
    """Holds the first call of a function of one thread while another thread tries to overtake."""

    def __init__(self, patch: pytest.MonkeyPatch, where: object, name: str) -> None:
        self.there, self.overtaken = threading.Event(), threading.Event()
        self._real: Callable[..., object] = getattr(where, name)
        patch.setattr(where, name, self)

    def __call__(self, *values: object, **named: object) -> object:
        if not self.there.is_set():
            self.there.set()
            self.overtaken.wait(timeout=1)  # in vain where the other one waits for our lock
        return self._real(*values, **named)

    def by(self, first: Callable[[], object], second: Callable[[], object]) -> list[object]:
        def late() -> object:
            assert self.there.wait(timeout=20)
            try:
                return second()
            finally:
                self.overtaken.set()

        return _at_once(first, late)


def _erase(who: str) -> Callable[[], object]:
    return partial(
        cases.erase_person,
        acting=OPERATOR,
        person_id=person_id(who),
        ground=identity.ErasureGround.UNLAWFUL,
    )


def _begin() -> Callable[[], object]:
    return partial(
        cases.draft,
        acting=as_person("ma"),
        edition_id=edition_id(TONGZHOU),
        mode="online",
        applicant_id=person_id("ma"),
        form=form(TONGZHOU),
        key=key(),
    )


def _let_wang() -> Callable[[], object]:
    today = rules.day_of(clock.now())
    return partial(
        identity.grant_mandate,
        acting=as_person("ma"),
        principal_id=person_id("ma"),
        agent_id=person_id("wang"),
        scope=identity.Scope(identity.ScopeKind.ANY, ""),
        starts_on=today,
        ends_on=today,
        ground=identity.Ground.ONLINE,
    )


def test_a_person_for_whom_a_case_is_begun_is_not_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    ma = person_id("ma")
    begun, erasure = Overtaken(monkeypatch, vault, "seal_json").by(_begin(), _erase("ma"))
    assert isinstance(begun, cases.Done)
    assert isinstance(erasure, PersonHasCase)
    assert Case.objects.filter(applicant_id=ma).count() == 1
    assert (Person.objects.get(id=ma).state, vault.erasures()) == ("active", [])


def test_no_case_is_begun_for_a_person_who_is_being_erased(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ma = person_id("ma")
    held = Overtaken(monkeypatch, vault, "erase_keys")
    erased, refusal = held.by(_erase("ma"), _begin())
    assert (erased, type(refusal)) == (1, PersonMissing)
    assert Case.objects.filter(applicant_id=ma).count() == 0


def test_a_mandate_given_to_a_person_who_is_being_erased_ends_with_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wang = person_id("wang")
    given, erased = Overtaken(monkeypatch, evidence, "record").by(_let_wang(), _erase("wang"))
    assert (type(given), erased) == (identity.MandateView, 1)
    assert Mandate.objects.filter(agent_id=wang, withdrawn_at=None).count() == 0


def test_no_mandate_is_given_to_a_person_who_is_being_erased(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wang = person_id("wang")
    held = Overtaken(monkeypatch, vault, "erase_keys")
    erased, refusal = held.by(_erase("wang"), _let_wang())
    assert (erased, type(refusal)) == (1, PersonMissing)
    assert Mandate.objects.filter(agent_id=wang).count() == 0


def test_a_submission_takes_12_statements() -> None:
    walk = walk_to(State.SUBMITTED, place=TONGZHOU)  # warms what a process reads once
    other = Walk(place=TONGZHOU, mode="online").begin()
    seen: list[str] = []

    def note(
        execute: Callable[..., object], sql: str, params: object, many: object, context: object
    ) -> object:
        seen.append(sql)
        return execute(sql, params, many, context)

    sent = checked(walk.applicant, other.done.case_id)
    with connection.execute_wrapper(note), connections["keys"].execute_wrapper(note):
        cases.submit(**sent, consent=True, key=key())
    asked = [sql for sql in seen if not sql.startswith("BEGIN")]
    assert len(asked) == 12, "\n".join(seen)
