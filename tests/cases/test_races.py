"""Several at once, with real transactions: who wins, who is told, what is counted."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections, transaction

from support.scene import TONGZHOU, Walk, checked, key, walk_to
from tongban.cases import api as cases
from tongban.cases.actions.numbers import next_number
from tongban.cases.api import State
from tongban.cases.errors import Stale
from tongban.cases.models import Case, CaseEvent, DocumentOfRecord
from tongban.kernel.errors import Refusal

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
