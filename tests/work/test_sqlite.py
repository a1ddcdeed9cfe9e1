"""The SQLite backend: in its turn from before BEGIN until the transaction is over."""

import gc
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.db.utils import ConnectionHandler, OperationalError
from django.test.utils import CaptureQueriesContext

from tongban.work.fair_lock import lock_of

ENGINE = "tongban.work.sqlite"
pytestmark = pytest.mark.django_db(databases=["default", "keys"], transaction=True)


def database(path: Path | str, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - sqlite3's
    given = {"transaction_mode": "IMMEDIATE", "timeout": 20}
    return {"ENGINE": ENGINE, "NAME": path, "OPTIONS": given | options}


@contextmanager
def connection_to(path: Path | str, **options: Any) -> Iterator[Any]:  # noqa: ANN401 - sqlite3's
    connection = ConnectionHandler({"default": database(path, **options)})["default"]
    try:
        yield connection
    finally:
        connection.close()


def begin(connection: Any) -> None:  # noqa: ANN401 - the stubs know no such backend
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def is_held(path: Path) -> bool:
    turn = lock_of(path).acquire(0)
    if turn is None:
        return True
    turn.release()
    return False


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "db.sqlite3"
    with sqlite3.connect(made) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE counter (n INTEGER)")
        connection.execute("INSERT INTO counter VALUES (0)")
    connection.close()
    return made


def count(path: Path) -> int:
    connection = sqlite3.connect(path)
    (n,) = connection.execute("SELECT n FROM counter").fetchone()
    connection.close()
    return int(n)


def test_both_databases_of_the_site_use_it() -> None:
    assert settings.DATABASES["keys"]["ENGINE"] == ENGINE
    assert settings.DATABASES["default"]["ENGINE"] in {ENGINE, "tongban.work.postgresql"}


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
def test_the_turn_ends_with_the_transaction(path: Path, end: str) -> None:
    with connection_to(path) as connection:
        assert not is_held(path)
        begin(connection)
        assert is_held(path)
        connection.cursor().execute("UPDATE counter SET n = 1")
        getattr(connection, end)()
        assert not is_held(path)
    assert count(path) == (1 if end == "commit" else 0)


def test_atomic_blocks_savepoints_and_exceptions() -> None:
    path = Path(connections["keys"].settings_dict["NAME"])

    def fail() -> None:
        with transaction.atomic(using="keys"):
            with transaction.atomic(using="keys"):
                assert is_held(path)
            assert is_held(path)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not is_held(path)
    with transaction.atomic(using="keys"), transaction.atomic(using="keys", savepoint=False):
        transaction.set_rollback(True, using="keys")
    assert not is_held(path)


def test_marks_are_filled_in_and_a_doubled_percent_sign_is_one(path: Path) -> None:
    with connection_to(path) as connection, connection.cursor() as cursor:
        for given in ("%s", "?", "a%"):  # the same query again, and what it says of itself
            cursor.execute("SELECT %s, 7 %% 4, '%%', n FROM counter WHERE n = %s", [given, 0])
            assert cursor.fetchall() == [(given, 3, "%", 0)]
        cursor.execute("SELECT %(one)s || %(two)s", {"one": "a", "two": "b"})
        assert cursor.fetchone() == ("ab",)


def test_what_the_database_refuses_is_djangos_error_and_ends_nothing(path: Path) -> None:
    with connection_to(path) as connection:
        cursor = connection.cursor()
        with pytest.raises(OperationalError, match="no such table"):
            cursor.execute("SELECT %s FROM absent", [1])
        with CaptureQueriesContext(connection) as asked:
            connection.cursor().execute("SELECT n FROM counter WHERE n = %s", [0])
        assert [one["sql"] for one in asked] == ["SELECT n FROM counter WHERE n = 0"]


def test_two_databases_have_two_queues(path: Path, tmp_path: Path) -> None:
    with connection_to(path) as one, connection_to(tmp_path / "other.sqlite3") as other:
        begin(one)
        begin(other)
        one.commit()
        assert (is_held(path), is_held(tmp_path / "other.sqlite3")) == (False, True)
        other.rollback()


def test_two_connections_to_one_file_have_one_queue(path: Path) -> None:
    with connection_to(path) as one, connection_to(f"file:{path}", timeout=0.01) as other:
        begin(one)
        with pytest.raises(OperationalError, match="database is locked"):
            begin(other)
        one.commit()
        begin(other)
        other.rollback()


def test_a_begin_that_fails_keeps_no_turn(path: Path) -> None:
    outsider = sqlite3.connect(path, isolation_level=None)
    outsider.execute("BEGIN IMMEDIATE")
    with connection_to(path, timeout=0.01) as connection:
        with pytest.raises(OperationalError, match="database is locked"):
            begin(connection)
        assert not is_held(path)
    outsider.rollback()
    outsider.close()


def test_an_interrupt_right_after_begin_leaves_no_transaction_behind(path: Path) -> None:
    def interrupt(execute: Any, *asked: Any) -> None:  # noqa: ANN401 - Django's signature
        execute(*asked)
        raise KeyboardInterrupt

    with connection_to(path) as connection:
        with connection.execute_wrapper(interrupt), pytest.raises(KeyboardInterrupt):
            begin(connection)
        assert not is_held(path)
        begin(connection)  # SQLite would refuse it within the first one
        connection.rollback()


def test_a_commit_that_fails_keeps_the_turn_until_the_rollback(path: Path) -> None:
    with connection_to(path) as connection:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
            cursor.execute(
                "CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)"
            )
        begin(connection)
        connection.cursor().execute("INSERT INTO child VALUES (1)")
        with pytest.raises(Exception, match="FOREIGN KEY"):
            connection.commit()
        assert is_held(path)
        connection.rollback()
        assert not is_held(path)


def test_what_only_reads_does_not_queue(path: Path) -> None:
    with connection_to(path) as writer, connection_to(path, transaction_mode=None) as reader:
        begin(writer)
        writer.cursor().execute("UPDATE counter SET n = 1")
        begin(reader)
        assert reader.cursor().execute("SELECT n FROM counter").fetchone() == (0,)
        reader.rollback()
        writer.commit()


def test_a_database_in_memory_needs_no_files() -> None:
    with connection_to(":memory:") as connection:
        begin(connection)
        connection.cursor().execute("CREATE TABLE t (n)")
        connection.commit()
        assert connection.cursor().execute("SELECT count(*) FROM t").fetchone() == (0,)
        connection._close()
    assert not Path(":memory:-writer").exists()


_WRITE = """
import sys, threading
from django.conf import settings
path, engine, threads, times = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
options = {"transaction_mode": "IMMEDIATE", "timeout": 60}
settings.configure(
    DATABASES={"default": {"ENGINE": engine, "NAME": path, "OPTIONS": options}}
)
import django
django.setup()
from django.db import connection, transaction
def write():
    for _ in range(times):
        with transaction.atomic(), connection.cursor() as cursor:
            (n,) = cursor.execute("SELECT n FROM counter").fetchone()
            cursor.execute("UPDATE counter SET n = %s", [n + 1])
    connection.close()
started = [threading.Thread(target=write) for _ in range(threads)]
for thread in started:
    thread.start()
for thread in started:
    thread.join()
"""


def test_threads_and_processes_and_one_that_does_not_queue_lose_nothing(path: Path) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", _WRITE, str(path), engine, "3", "20"])
        for engine in (ENGINE, ENGINE, "django.db.backends.sqlite3")
    ]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert count(path) == 3 * 3 * 20


def test_a_thread_that_ended_within_its_transaction_blocks_nobody_for_good(path: Path) -> None:
    def leave() -> None:
        handler = ConnectionHandler({"default": database(path)})
        connection = handler["default"]
        begin(connection)
        left.append(connection)

    left: list[Any] = []
    thread = threading.Thread(target=leave)
    thread.start()
    thread.join()
    connection = left.pop()
    raw, connection.connection = connection.connection, None
    raw.close()  # as its collection does, in silence
    del connection, raw
    gc.collect()
    with connection_to(path) as other:
        begin(other)
        other.rollback()
