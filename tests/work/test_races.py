"""Several workers and several requests at once, on real connections."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections, transaction

from tongban.work import api, handlers
from tongban.work.models import IdempotencyKey, Job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "_handlers", {})


def in_threads(count: int, function: Callable[[int], Any]) -> list[Any]:
    """Call ``function(n)`` in ``count`` threads that start together; return the answers."""
    start = threading.Barrier(count)
    answers: list[Any] = [None] * count

    def run(n: int) -> None:
        start.wait()
        try:
            answers[n] = function(n)
        except BaseException as error:  # noqa: BLE001 - shown to the test as an answer
            answers[n] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_many_workers_do_each_job_once() -> None:
    seen: list[int] = []
    api.register("note", lambda payload: seen.append(payload["n"]))
    with transaction.atomic():
        for n in range(60):
            api.enqueue(name="note", payload={"n": n})

    def work(n: int) -> int:
        done = 0
        while Job.objects.exists():
            done += api.run_due(worker=f"w{n}", limit=7)
        return done

    assert sum(in_threads(4, work)) == 60
    assert sorted(seen) == list(range(60))
    assert Job.objects.count() == 0


def test_one_of_many_requests_with_a_key_does_the_work() -> None:
    done: list[int] = []

    def request(n: int) -> dict[str, Any] | None:
        with transaction.atomic():
            answer = api.claim_key(scope="p-1", key="k", digest=b"d")
            if answer is None:
                done.append(n)
                api.settle_key(scope="p-1", key="k", answer={"case_id": f"tz-{n}"})
        return answer

    answers = in_threads(6, request)
    assert len(done) == 1
    assert answers.count(None) == 1
    assert answers.count({"case_id": f"tz-{done[0]}"}) == 5
    assert IdempotencyKey.objects.count() == 1


def test_many_requests_queue_one_job_of_a_key() -> None:
    def request(_n: int) -> str:
        with transaction.atomic():
            return api.enqueue(name="note", payload={}, key="k")

    (job_id,) = set(in_threads(6, request))
    assert list(Job.objects.values_list("id", flat=True)) == [job_id]


def test_asking_for_a_job_that_is_being_done_waits_and_queues_a_new_one() -> None:
    started, finish = threading.Event(), threading.Event()

    def slow(_payload: dict[str, Any]) -> None:
        started.set()
        finish.wait()

    def act(n: int) -> str | int:
        if n == 0:
            return api.run_due(worker="w")
        started.wait()
        if n == 1:
            return api.enqueue(name="slow", payload={}, key="k")
        asking_goes_on = not finish.wait(0.3)
        finish.set()
        return int(asking_goes_on)

    api.register("slow", slow)
    first = api.enqueue(name="slow", payload={}, key="k")
    ran, second, _ = in_threads(3, act)
    assert ran == 1
    assert second != first
    assert list(Job.objects.values_list("id", flat=True)) == [second]
