"""A statement that is compiled once gives what the ORM gives, on both databases."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from tongban.work.fixed import Read, Write
from tongban.work.models import Job

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 11, 2, 1, 30, 0, 123456, tzinfo=UTC)


def job(job_id: str, **changes: object) -> Job:
    usual = {"name": "a.b", "payload": {"名": ["é", None]}, "run_after": MOMENT, "max_attempts": 8}
    return Job(id=job_id, created_at=MOMENT, **(usual | changes))


def test_what_is_written_is_what_the_orm_reads() -> None:
    Write(Job).insert(job("1"), job("2", payload={}, lease_until=MOMENT, leased_by="w"))
    Job.objects.create(id="3", **{**_values("1"), "payload": {"x": 1}})
    assert _values("1") == {**_values("3"), "payload": {"名": ["é", None]}}
    assert Job.objects.get(id="2").lease_until == MOMENT


def test_only_what_has_changed_is_written() -> None:
    Write(Job).insert(job("1"), job("2"))
    mine = Job.objects.get(id="1")
    was = dict(vars(mine))
    Job.objects.filter(id="1").update(name="c.d")  # by someone else
    mine.attempts, mine.last_error, mine.payload = 3, "?%s'\"", {}
    Write(Job).update(mine, was)
    assert _values("1") == {
        **_values("2"),
        "name": "c.d",
        "attempts": 3,
        "last_error": "?%s'\"",
        "payload": {},
    }
    with CaptureQueriesContext(connection) as asked:
        Write(Job).update(mine, dict(vars(mine)))
    assert len(asked) == 0


def _values(job_id: str) -> dict[str, object]:
    found = dict(Job.objects.filter(id=job_id).values().get())
    del found["id"]
    return found


def test_what_is_read_is_what_the_orm_reads() -> None:
    def waiting(name: str, state: str) -> QuerySet[Job]:
        return Job.objects.filter(name=name, state=state, attempts=0).order_by("-id")

    read = Read(Job, 2, waiting)
    Write(Job).insert(job("1"), job("2"), job("3", name="c.d"), job("4", attempts=1))
    for name in ("a.b", "c.d", "%s", "'; --", ""):
        found = read.instances(name, "waiting")
        asked = list(waiting(name, "waiting"))
        assert [one.__dict__ | {"_state": None} for one in found] == [
            one.__dict__ | {"_state": None} for one in asked
        ]
    first = read.instance("a.b", "waiting")
    assert first is not None
    assert (first.id, first.payload, first.run_after) == ("2", {"名": ["é", None]}, MOMENT)
    assert read.instance("nothing", "waiting") is None
    first.attempts = 5
    first.save()  # an instance like any other
    assert Job.objects.get(id="2").attempts == 5


def test_shared_rows_are_asked_for_each_time_and_made_anew_when_they_changed() -> None:
    read = Read(Job, 1, lambda name: Job.objects.filter(name=name).order_by("id"), shared=True)
    Write(Job).insert(job("1"))
    first = read.instances("a.b")
    with CaptureQueriesContext(connection) as asked:
        again = read.instances("a.b")
    assert len(asked) == 1
    assert again[0] is first[0]
    again.clear()  # a list of the caller's own
    Job.objects.filter(id="1").update(attempts=4)
    assert [one.attempts for one in read.instances("a.b")] == [4]
    assert first[0].attempts == 0
    Write(Job).insert(job("2"), job("3", name="c.d"))
    assert [one.id for one in read.instances("a.b")] == ["1", "2"]
    assert [one.id for one in read.instances("c.d")] == ["3"]
    Job.objects.all().delete()
    assert read.instances("a.b") == []


def test_columns_and_one_statement_each() -> None:
    read = Read(
        Job, 1, lambda job_id: Job.objects.filter(id=job_id).values_list("created_at", "payload")
    )
    with CaptureQueriesContext(connection) as asked:
        Write(Job).insert(job("1"))
        Write(Job).insert()
        assert read.row("1") == (MOMENT, {"名": ["é", None]})
        assert read.rows("2") == []
    assert len(asked) == 3


def test_an_insert_that_the_database_refuses_is_refused() -> None:
    Write(Job).insert(job("1"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Write(Job).insert(job("2"), job("1"))
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_threads_share_what_was_compiled() -> None:
    read = Read(Job, 1, lambda job_id: Job.objects.filter(id=job_id))
    Write(Job).insert(*(job(str(number)) for number in range(8)))
    answers: list[str] = []

    def ask(number: int) -> None:
        for _ in range(20):
            found = read.instance(str(number))
            answers.append(found.id if found is not None else "")
        connections.close_all()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == sorted(str(number) for number in range(8) for _ in range(20))


def test_a_new_row_is_what_the_model_makes() -> None:
    write = Write(Job)
    cells = {"name": "a.b", "payload": {}, "run_after": MOMENT, "max_attempts": 8}
    made = write.made(id="1", created_at=MOMENT, **cells)
    assert vars(made) | {"_state": None} == vars(job("1", payload={})) | {"_state": None}
    assert (made._state.adding, made._state.db) == (True, None)
    with pytest.raises(TypeError, match="not the columns of Job: \\['created_at'\\]"):
        write.made(id="1", **cells)
    with pytest.raises(TypeError, match="not the columns of Job: \\['nmae'\\]"):
        write.made(id="1", created_at=MOMENT, nmae="a.b", **cells)
