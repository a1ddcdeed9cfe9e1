"""The short way of a statement keeps what Django's own promises, on both databases."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.db.transaction import TransactionManagementError
from django.db.utils import ConnectionHandler
from django.test.utils import CaptureQueriesContext

from tongban.work import fixed
from tongban.work.models import IdempotencyKey

pytestmark = pytest.mark.django_db(transaction=True)

MOMENT = datetime(2026, 11, 26, 1, 2, 3, 456789, tzinfo=UTC)
INSERT = """
INSERT INTO work_idempotencykey (scope, "key", digest, created_at) VALUES (%s, %s, %s, %s)
"""
SELECT = 'SELECT scope, digest FROM work_idempotencykey WHERE "key" = %s ORDER BY scope'

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's own")


def insert(scope: str, key: str = "1") -> int:
    return fixed.change(INSERT, [scope, key, b"\x00\xff%s", fixed.cell_of(MOMENT)])


def insert_apart(*scopes: str) -> None:
    with transaction.atomic():
        for scope in scopes:
            insert(scope)


def insert_together(*scopes: str) -> None:
    with transaction.atomic(), fixed.together():
        for scope in scopes:
            insert(scope)


def scopes() -> list[str]:
    return list(IdempotencyKey.objects.order_by("scope").values_list("scope", flat=True))


def watched() -> CaptureQueriesContext:
    return CaptureQueriesContext(connection)


@contextmanager
def unwatched() -> Iterator[None]:
    yield


@pytest.mark.parametrize("way", [watched, unwatched])
def test_what_goes_in_comes_out(way: Callable[[], Any]) -> None:
    with way():
        for scope in ("a", "%s?'", "是", "d"):  # often enough to be prepared
            assert insert(scope) == 1
        found = fixed.select(SELECT, ["1"])
        assert fixed.select(SELECT, ["2"]) == []
    assert sorted(scope for scope, _ in found) == sorted(("a", "%s?'", "是", "d"))
    assert {bytes(digest) for _, digest in found} == {b"\x00\xff%s"}
    assert IdempotencyKey.objects.get(scope="a").created_at == MOMENT


@pytest.mark.parametrize("way", [watched, unwatched])
def test_a_refusal_is_djangos_error_and_undoes_the_transaction(way: Callable[[], Any]) -> None:
    insert("a")
    with way():
        with pytest.raises(IntegrityError):
            insert_apart("b", "a")
        with pytest.raises(DatabaseError):
            fixed.select("SELECT * FROM absent")
    assert scopes() == ["a"]


@pytest.mark.parametrize("way", [watched, unwatched])
def test_a_broken_transaction_takes_no_more_statements(way: Callable[[], Any]) -> None:
    with way(), transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            insert("a")
    assert scopes() == []


@pytest.mark.parametrize("way", [watched, unwatched])
def test_writes_that_go_together_are_all_there_or_none(way: Callable[[], Any]) -> None:
    with way():
        with transaction.atomic():
            insert_together("a", "b")
            assert len(fixed.select(SELECT, ["1"])) == 2
            insert("c")
        with pytest.raises(IntegrityError):
            insert_together("d", "a", "e")
        insert("f")  # the connection is as good as before
    assert scopes() == ["a", "b", "c", "f"]


def test_no_other_thread_uses_a_connection() -> None:
    mine: Any = connections["default"]
    mine.ensure_connection()
    said: list[str] = []

    def use() -> None:
        try:
            mine.rows(SELECT, ["1"])
        except DatabaseError as error:
            said.append(str(error))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert len(said) == 1
    assert "can only be used in that same thread" in said[0]


@on_postgresql
def test_a_statement_of_one_shape_is_prepared_and_others_are_not() -> None:
    for number in range(4):
        insert(str(number))
        IdempotencyKey.objects.filter(scope=str(number)).count()
    found = fixed.select("SELECT statement FROM pg_prepared_statements")
    assert [" ".join(text.split())[:31] for (text,) in found] == ["INSERT INTO work_idempotencykey"]


@on_postgresql
def test_a_connection_that_the_server_ended_is_not_believed() -> None:
    handler = ConnectionHandler({"default": connections["default"].settings_dict})
    other: Any = handler["default"]
    try:
        [(pid,)] = other.rows("SELECT pg_backend_pid()")
        assert other.is_usable()
        with CaptureQueriesContext(other) as asked:
            assert other.is_usable()
        assert len(asked) == 0
        fixed.select("SELECT pg_terminate_backend(%s)", [pid])
        deadline = time.monotonic() + 10
        while other.is_usable() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not other.is_usable()
        other.health_check_done = False  # as at the beginning of a request
        other.health_check_enabled = True
        [(anew,)] = other.rows("SELECT pg_backend_pid()")
        assert anew != pid
    finally:
        other.close()
