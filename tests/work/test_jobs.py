"""Jobs: queued with their change, retried, given up, revived."""

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from tongban.kernel import clock
from tongban.kernel.errors import Kind, Refusal, mark
from tongban.work import api, errors, handlers
from tongban.work.actions.run import LEASE, _claim, _run
from tongban.work.models import DEAD, LEASED, WAITING, Job
from tongban.work.rules import describe, wait_after

Payload = dict[str, Any]
NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[Payload]:
    """Handlers of this test alone: "note" remembers payloads, "fail" raises."""
    monkeypatch.setattr(handlers, "_handlers", {})
    seen: list[Payload] = []

    def fail(payload: Payload) -> None:
        Job.objects.create(
            id="local-" + "0" * 32,
            name="note",
            payload={},
            run_after=NOW,
            max_attempts=8,
            created_at=NOW,
        )
        message = f"110101199003074477 {payload}"
        raise ValueError(message)

    api.register("note", seen.append)
    api.register("fail", fail)
    return seen


def test_a_job_is_done_once_and_leaves_no_row(done: list[Payload]) -> None:
    with clock.held_at(NOW):
        api.enqueue(name="note", payload={"case_id": "tz-1"})
        assert api.run_due(worker="w") == 1
        assert api.run_due(worker="w") == 0
    assert done == [{"case_id": "tz-1"}]
    assert Job.objects.count() == 0


def test_enqueue_is_one_statement_in_the_callers_transaction(done: list[Payload]) -> None:
    with transaction.atomic():
        with CaptureQueriesContext(connection) as queries:
            api.enqueue(name="note", payload={}, key="k")
        assert len(queries) == 1
        transaction.set_rollback(True)
    assert Job.objects.count() == 0


def test_the_same_key_makes_one_unfinished_job(done: list[Payload]) -> None:
    first = api.enqueue(name="note", payload={"n": 1}, key="k")
    with CaptureQueriesContext(connection) as queries:
        assert api.enqueue(name="note", payload={"n": 2}, key="k") == first
    assert len(queries) == 1
    assert api.enqueue(name="note", payload={"n": 3}, key="other") != first
    assert api.enqueue(name="note", payload={"n": 4}) != api.enqueue(name="note", payload={"n": 5})
    assert Job.objects.get(id=first).payload == {"n": 1}
    assert Job.objects.count() == 4
    api.run_due(worker="w")
    assert api.enqueue(name="note", payload={"n": 6}, key="k") != first


def test_a_job_may_queue_its_own_key_again(done: list[Payload]) -> None:
    def again(payload: Payload) -> None:
        if payload["left"]:
            api.enqueue(name="again", payload={"left": payload["left"] - 1}, key="again")

    api.register("again", again)
    api.enqueue(name="again", payload={"left": 2}, key="again")
    assert [api.run_due(worker="w") for _ in range(4)] == [1, 1, 1, 0]


def test_a_job_waits_for_its_moment_and_the_first_due_comes_first(done: list[Payload]) -> None:
    with clock.held_at(NOW):
        api.enqueue(name="note", payload={"n": 1}, run_after=NOW + timedelta(seconds=2))
        api.enqueue(name="note", payload={"n": 2}, run_after=NOW + timedelta(seconds=1))
        assert api.run_due(worker="w") == 0
    with clock.held_at(NOW + timedelta(seconds=1)):
        assert api.run_due(worker="w") == 1
    with clock.held_at(NOW + timedelta(seconds=2)):
        assert api.run_due(worker="w") == 1
    assert done == [{"n": 2}, {"n": 1}]


def test_limit_is_kept(done: list[Payload]) -> None:
    for n in range(5):
        api.enqueue(name="note", payload={"n": n})
    assert api.run_due(worker="w", limit=3) == 3
    assert Job.objects.filter(state=WAITING).count() == 2


def test_idle_polling_only_reads(done: list[Payload]) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert api.run_due(worker="w") == 0
    assert [q["sql"].split()[0] for q in queries] == ["SELECT"] * 3


def test_a_failure_undoes_the_work_counts_and_keeps_no_message(done: list[Payload]) -> None:
    with clock.held_at(NOW):
        job_id = api.enqueue(name="fail", payload={})
        assert api.run_due(worker="w") == 1
    job = Job.objects.get()
    assert (job.id, job.state, job.attempts, job.leased_by) == (job_id, WAITING, 1, None)
    assert timedelta(seconds=2.5) <= job.run_after - NOW <= timedelta(seconds=5)
    assert job.last_error.startswith("builtins.ValueError in fail:")
    assert "1101" not in job.last_error


def test_eight_failures_make_a_dead_letter_that_can_be_revived(done: list[Payload]) -> None:
    with clock.held_at(NOW):
        job_id = api.enqueue(name="fail", payload={"a": 1}, key="k")
    for day in range(1, 10):
        with clock.held_at(NOW + timedelta(days=day)):
            assert api.run_due(worker="w") == (1 if day <= 8 else 0)
    (letter,) = api.dead_letters()
    assert (letter.id, letter.payload, letter.attempts) == (job_id, {"a": 1}, 8)
    with clock.held_at(NOW + timedelta(days=20)):
        assert api.backlog() == api.Backlog(waiting=0, oldest_age_s=0.0, dead=1)
        api.revive(job_id=job_id)
        assert api.backlog() == api.Backlog(waiting=1, oldest_age_s=0.0, dead=0)
    with clock.held_at(NOW + timedelta(days=20, seconds=7)):
        assert api.backlog() == api.Backlog(waiting=1, oldest_age_s=7.0, dead=0)
    assert api.dead_letters() == []


def test_revive_refuses_what_is_no_dead_letter_or_has_a_waiting_twin(done: list[Payload]) -> None:
    job_id = api.enqueue(name="note", payload={}, key="k")
    with pytest.raises(errors.NotDead):
        api.revive(job_id=job_id)
    Job.objects.filter(id=job_id).update(state=DEAD, attempts=8)
    api.enqueue(name="note", payload={}, key="k")
    with pytest.raises(errors.NotDead):
        api.revive(job_id=job_id)
    assert Job.objects.get(id=job_id).state == DEAD
    with pytest.raises(errors.NotDead):
        api.revive(job_id="local-nothing")


def test_a_job_without_a_handler_is_kept_for_a_newer_worker(done: list[Payload]) -> None:
    api.enqueue(name="unknown", payload={})
    assert api.run_due(worker="w") == 1
    job = Job.objects.get()
    assert (job.state, job.attempts) == (WAITING, 1)
    assert job.last_error.startswith("tongban.work.actions.run._NoHandlerError")


def test_the_lease_of_a_dead_worker_runs_out_and_the_job_is_done(done: list[Payload]) -> None:
    with clock.held_at(NOW):
        api.enqueue(name="note", payload={"n": 1})
        assert len(_claim("dead/1", retries=False, limit=20)) == 1
        assert api.run_due(worker="w") == 0
    with clock.held_at(NOW + LEASE):
        assert api.run_due(worker="w") == 0
    with clock.held_at(NOW + LEASE + timedelta(seconds=1)):
        assert api.run_due(worker="w") == 0
        job = Job.objects.get()
        assert (job.state, job.attempts, job.last_error) == (WAITING, 1, "lease expired")
    with clock.held_at(NOW + LEASE + timedelta(seconds=7)):
        assert api.run_due(worker="w") == 1
    assert done == [{"n": 1}]


def test_what_kills_its_worker_ends_as_a_dead_letter_and_takes_nothing_with_it(
    done: list[Payload],
) -> None:
    class Killed(BaseException):
        pass

    def kill(payload: Payload) -> None:
        raise Killed

    api.register("kill", kill)
    with clock.held_at(NOW):
        api.enqueue(name="kill", payload={})
        for n in range(3):
            api.enqueue(name="note", payload={"n": n})
    for hour in range(40):
        with clock.held_at(NOW + timedelta(hours=2 * hour)), contextlib.suppress(Killed):
            api.run_due(worker="w")
    assert sorted(p["n"] for p in done) == [0, 1, 2]
    assert [letter.name for letter in api.dead_letters()] == ["kill"]
    assert Job.objects.count() == 1


def test_a_worker_that_lost_its_lease_does_not_do_the_job(done: list[Payload]) -> None:
    api.enqueue(name="note", payload={"n": 1})
    (job,) = _claim("slow/1", retries=False, limit=20)
    Job.objects.update(leased_by="other/1")
    _run(job, "slow/1")
    assert done == []
    assert Job.objects.get().state == LEASED


def test_a_long_batch_renews_its_lease(
    done: list[Payload], monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [NOW]
    monkeypatch.setattr(clock, "_held", [NOW])

    def slow(payload: Payload) -> None:
        moment[0] += timedelta(minutes=3)
        clock._held[0] = moment[0]
        left = Job.objects.filter(state=LEASED).values_list("lease_until", flat=True)
        assert all(until and until > moment[0] for until in left)
        done.append(payload)

    api.register("slow", slow)
    for n in range(4):
        api.enqueue(name="slow", payload={"n": n})
    assert api.run_due(worker="w") == 4
    assert len(done) == 4


def test_a_recurring_job_comes_back_even_after_it_was_given_up(done: list[Payload]) -> None:
    calls: list[Payload] = []

    def broken(payload: Payload) -> None:
        calls.append(payload)
        raise OSError

    api.register("hourly", broken, every=timedelta(hours=1))
    with clock.held_at(NOW):
        api.start_recurring()
        api.start_recurring()
        assert Job.objects.count() == 1
    for day in range(8):
        with clock.held_at(NOW + timedelta(days=day)):
            assert api.run_due(worker="w") == 1
    assert sorted(Job.objects.values_list("state", flat=True)) == [DEAD, WAITING]
    waiting = Job.objects.get(state=WAITING)
    assert waiting.run_after == NOW + timedelta(days=7, hours=1)
    assert waiting.attempts == 0


def test_two_handlers_for_one_name_are_a_defect(done: list[Payload]) -> None:
    with pytest.raises(ValueError, match="note"):
        api.register("note", print)


class Refuser:
    def __hash__(self) -> int:
        raise Refused(who="张三")


class Refused(Refusal):
    code = "test.refused"
    what = mark("{who}")
    todo = mark("")
    kind = Kind.RULE


def test_an_error_is_described_by_class_code_and_place() -> None:
    with pytest.raises(Refused) as caught:
        _ = {Refuser(): 1}
    text = describe(caught.value)
    assert "[test.refused] in __hash__:" in text
    assert "张三" not in text


@given(st.integers(1, 40), st.floats(0, 1, exclude_max=True))
def test_waits_grow_to_an_hour_and_jitter_takes_at_most_half(attempts: int, roll: float) -> None:
    wait = wait_after(attempts, roll)
    whole = wait_after(attempts, 0)
    assert whole / 2 <= wait <= whole <= timedelta(hours=1)
    assert wait_after(attempts + 1, 0) >= whole


def test_the_first_waits() -> None:
    waits = [wait_after(n, 0).total_seconds() for n in range(1, 9)]
    assert waits == [5, 20, 80, 320, 1280, 3600, 3600, 3600]
