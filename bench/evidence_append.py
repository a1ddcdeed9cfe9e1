"""Run in a place by ``bench.evidence``: how fast entries come into the log.

Prints as JSON seconds of a round of 20,000 entries: ``own`` from the first row to the signed and
published checkpoint; ``sealed`` the sequencer's part of that; ``bare``, ``executemany`` of the
same rows (entries and seals) in the same batches, each committed to the disk.
"""

import json
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import django

ROUND, BATCH = 20_000, 1_000
_BODY = 900
"""Bytes of a sealed body, as a look has."""
_ENTRY = (
    "(entry_id, place_id, kind, at, leaf, key_id, body, subject_kind, subject_id, created_at)"
    f" VALUES ({', '.join(['%s'] * 10)})"
)
_SEAL = "(shard, leaf_index, position) VALUES (%s, %s, %s)"


def main(rounds: int) -> None:
    """Take turns, and write by hand what they wrote."""
    django.setup()
    from django.db import connection  # noqa: PLC0415 - Django is set up first

    from tongban.evidence import api as evidence  # noqa: PLC0415 - likewise

    _beside(connection)
    sequencer = evidence.Sequencer()
    sequencer.turn(at_once=True)
    found: dict[str, list[float]] = {"own": [], "sealed": [], "bare": []}
    for _ in range(rounds):
        batches = [list(_entries(connection)) for _ in range(ROUND // BATCH)]
        began = time.perf_counter()
        for batch in batches:
            _insert(connection, [("evidence_pendingentry", _ENTRY, batch)])
        waiting = time.perf_counter()
        placed = sequencer.turn(at_once=True)
        done = time.perf_counter()
        assert placed == ROUND
        found["own"].append(done - began)
        found["sealed"].append(done - waiting)
        found["bare"].append(_bare(connection, batches))
    print(json.dumps(found))


def _bare(connection: Any, batches: Sequence[list[list[object]]]) -> float:  # noqa: ANN401 - Django's
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shard, leaf_index, position FROM evidence_seal"
            f" ORDER BY leaf_index DESC LIMIT {ROUND}"
        )
        seals = cursor.fetchall()[::-1]
    began = time.perf_counter()
    for number, batch in enumerate(batches):
        part = seals[number * BATCH : (number + 1) * BATCH]
        _insert(connection, [("bench_entry", _ENTRY, batch), ("bench_seal", _SEAL, part)])
    return time.perf_counter() - began


def _insert(connection: Any, tables: Sequence[tuple[str, str, Sequence[Any]]]) -> None:  # noqa: ANN401 - Django's
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        for table, shape, rows in tables:
            cursor.executemany(f"INSERT INTO {table} {shape}", rows)
        cursor.execute("COMMIT")


def _entries(connection: Any) -> Iterator[list[object]]:  # noqa: ANN401 - Django's
    at = connection.ops.adapt_datetimefield_value(datetime.now(UTC))
    for _ in range(BATCH):
        name = secrets.token_hex(16)
        leaf = b"\x01" + secrets.token_bytes(32)
        body = secrets.token_bytes(_BODY)
        yield [f"bench-{name}", "110112", "look", at, leaf, "k", body, "case", name, at]


def _beside(connection: Any) -> None:  # noqa: ANN401 - Django's
    """Make tables of the same shape, with the same indexes, for the rows by hand."""
    names = {"evidence_pendingentry": "bench_entry", "evidence_seal": "bench_seal"}
    with connection.cursor() as cursor:
        for name, copy in names.items():
            if connection.vendor == "postgresql":
                cursor.execute(f"CREATE TABLE {copy} (LIKE {name} INCLUDING ALL)")
                continue
            cursor.execute(
                "SELECT sql FROM sqlite_master WHERE tbl_name = %s AND type IN ('table', 'index')"
                " AND sql IS NOT NULL ORDER BY type DESC",
                [name],
            )
            for (made,) in cursor.fetchall():
                cursor.execute(made.replace(name, copy).replace("evidence_entry_", "bench_"))


if __name__ == "__main__":
    main(int(sys.argv[1]))
