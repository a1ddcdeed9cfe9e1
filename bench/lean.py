"""The leanest WSGI function that stores what a submission stores.

The same tables, indexes, triggers and settings as the product's, the same number of rows with the
same bytes (copied from a submission that the product made), hand-written SQL in one transaction.
It reads the request to its end and believes it: no session, no right, no rule, no encryption.
"""

import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psycopg

from tongban.kernel.ids import new_id

_URL = os.environ.get("TONGBAN_DATABASE_URL", "")
_FILE = Path(os.environ["TONGBAN_HOME"]) / "tongban.sqlite3"
_MARK = "%s" if _URL else "?"
_own = threading.local()
_writer = threading.Lock()  # SQLite has one writer: to queue is faster than its own wait

_NEXT = """
INSERT INTO cases_numbersequence (issuer, series, year, last) VALUES ('110112', 'lean', 2026, 1)
ON CONFLICT (issuer, series, year) DO UPDATE SET last = cases_numbersequence.last + 1
RETURNING last
"""
_UPDATE = f"""
UPDATE cases_case SET seq = 2, state = 'submitted', number = {_MARK}, form_seq = 2,
draft_form = NULL, papers_at = {_MARK}, answer_due_on = {_MARK}, changed_at = {_MARK}
WHERE id = {_MARK}
"""


class Rows:
    """One submission of the product, to be copied."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - either driver's
        """Read the rows that the last submission left."""
        event = self._rows(connection, "cases_caseevent", "verb = 'submit'", 1)
        case_id = event[0]["case_id"]
        self.event = event[0]
        self.records = self._rows(connection, "cases_documentofrecord", f"case_id = '{case_id}'", 2)
        self.entry = self._rows(connection, "evidence_pendingentry", "kind = 'case.submitted'", 1)[
            0
        ]
        self.key = self._rows(connection, "work_idempotencykey", "scope LIKE 'submit:%'", 1)[0]
        for row in (self.entry, self.key):
            row.pop("position", None)
            row.pop("id", None)

    @staticmethod
    def _rows(connection: Any, table: str, where: str, count: int) -> list[dict[str, Any]]:  # noqa: ANN401 - either driver's
        order = "position" if table == "evidence_pendingentry" else "id"
        cursor = connection.cursor()
        cursor.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY {order} DESC LIMIT {count}")
        names = [column[0] for column in cursor.description]
        return [
            {name: _plain(cell) for name, cell in zip(names, row, strict=True)} for row in cursor
        ]


def _plain(cell: Any) -> Any:  # noqa: ANN401 - any cell
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict | list) else cell


def _insert(table: str, row: dict[str, Any], times: int = 1) -> str:
    marks = f"({', '.join([_MARK] * len(row))})"
    names = ", ".join(f'"{name}"' for name in row)
    return f"INSERT INTO {table} ({names}) VALUES {', '.join([marks] * times)}"


def _connect() -> Any:  # noqa: ANN401 - either driver's
    if _URL:
        return psycopg.connect(_URL)
    connection = sqlite3.connect(_FILE, isolation_level=None, timeout=20)
    connection.execute("PRAGMA journal_mode=WAL")
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "busy_timeout=20000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def store(case_id: str) -> None:
    """Write one submission."""
    connection = _own.__dict__.get("connection")
    if connection is None:
        connection = _own.connection = _connect()
        _own.rows = Rows(connection)
        connection.rollback()
    if _URL:
        _write(connection.cursor(), _own.rows, case_id)
        connection.commit()
        return
    with _writer:
        connection.execute("BEGIN IMMEDIATE")
        _write(connection.cursor(), _own.rows, case_id)
        connection.execute("COMMIT")


def _write(cursor: Any, rows: Rows, case_id: str) -> None:  # noqa: ANN401 - either driver's
    key = {**rows.key, "key": secrets.token_urlsafe(16)}
    cursor.execute(_insert("work_idempotencykey", key), list(key.values()))
    cursor.execute(_NEXT)
    last = cursor.fetchone()[0]
    at = rows.event["at"]
    cursor.execute(_UPDATE, [f"lean-{last:06d}", at, rows.records[0]["made_on"], at, case_id])
    event = {**rows.event, "id": new_id("local"), "case_id": case_id}
    cursor.execute(_insert("cases_caseevent", event), list(event.values()))
    records = [
        {
            **row,
            "id": new_id("local"),
            "case_id": case_id,
            "number": f"通州收〔2026〕lean{last:06d}号",
        }
        for row in rows.records
    ]
    cursor.execute(
        _insert("cases_documentofrecord", records[0], times=len(records)),
        [cell for row in records for cell in row.values()],
    )
    entry = {**rows.entry, "entry_id": new_id("local"), "subject_id": case_id}
    cursor.execute(_insert("evidence_pendingentry", entry), list(entry.values()))


def application(
    environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """Answer /healthz, and a submission to ``/cases/<id>/check/``."""
    path = environ["PATH_INFO"]
    if path == "/healthz":
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]
    environ["wsgi.input"].read()
    case_id = path.split("/")[2]
    store(case_id)
    where = f"/cases/{case_id}/?done=submitted"
    start_response("302 Found", [("Location", where), ("Content-Length", "0")])
    return [b""]
