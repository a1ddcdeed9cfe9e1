"""Entries get their places in the log: rows only, in the main database, a batch a transaction.

Both dialects, tested. The database does the work in three statements, whatever the batch's size.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max, Min

from tongban.evidence.models import LostLeaf, PendingEntry, Seal, Waiting
from tongban.evidence.sealing.promise import Raced

_SEAL = """
INSERT INTO evidence_seal (shard, leaf_index, position)
SELECT %s, %s + row_number() OVER (ORDER BY position) - 1, position
FROM (SELECT position FROM evidence_waiting ORDER BY position LIMIT %s) AS taken
"""
_FORGOTTEN = """
INSERT INTO evidence_waiting (position)
SELECT entry.position FROM evidence_pendingentry AS entry
LEFT JOIN evidence_waiting AS waiting ON waiting.position = entry.position
LEFT JOIN evidence_seal AS seal ON seal.position = entry.position
WHERE waiting.position IS NULL AND seal.position IS NULL
"""
_TAKEN = """
DELETE FROM evidence_waiting WHERE position IN
    (SELECT position FROM evidence_seal WHERE shard = %s AND leaf_index >= %s)
"""
_LEAVES = """
SELECT seal.leaf_index, entry.leaf FROM evidence_seal AS seal
JOIN evidence_pendingentry AS entry ON entry.position = seal.position
WHERE seal.shard = %s AND seal.leaf_index >= %s AND seal.leaf_index < %s
UNION ALL
SELECT leaf_index, leaf FROM evidence_lostleaf
WHERE shard = %s AND leaf_index >= %s AND leaf_index < %s
ORDER BY leaf_index
"""


class OutOfStep(Exception):  # noqa: N818 - a state of the installation
    """The rows of a log aren't those that it has signed for; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many entries wait for the log, and since when the oldest does."""

    count: int
    oldest: datetime | None


def take_batch(shard: str, *, least: int, limit: int = 1_000) -> int:
    """Give the entries that wait their places in a log; return how many. One transaction.

    ``least`` is the size that the log has promised: OutOfStep where the rows don't reach it, as
    after a backup was put back. Raced where another sequencer gives the same places.
    """
    with transaction.atomic():
        base = check_size(shard, least)
        with connection.cursor() as cursor:
            cursor.execute(_SEAL, [shard, base, limit])
            taken: int = cursor.rowcount
            if taken:
                cursor.execute(_TAKEN, [shard, base])
                if cursor.rowcount != taken:
                    raise Raced(shard)
    return taken


def check_size(shard: str, least: int) -> int:
    """Return how many leaves the rows of a log hold; OutOfStep for fewer than it signed for."""
    size = size_of(shard)
    if size < least:
        message = (
            f"the log {shard} has signed for {least} entries, the database holds {size}: it was "
            "put back from a backup; run `tongban evidence reconcile`"
        )
        raise OutOfStep(message)
    return size


def size_of(shard: str) -> int:
    """Return how many leaves the rows of a log hold."""
    ends = [
        table.objects.filter(shard=shard).aggregate(end=Max("leaf_index"))["end"]
        for table in (Seal, LostLeaf)
    ]
    return max((end + 1 for end in ends if end is not None), default=0)


def shards() -> set[str]:
    """Return the logs that entries of this database have places in."""
    return set(Seal.objects.order_by().values_list("shard", flat=True).distinct())


def leaves_of(shard: str, start: int, end: int) -> list[bytes]:
    """Return the leaves ``start`` to ``end`` of a log; OutOfStep where one is missing."""
    held = held_leaves(shard, start, end)
    if len(held) != end - start:
        lost = next(index for index in range(start, end) if index not in held)
        message = f"the database has lost leaf {lost} of the log {shard}"
        raise OutOfStep(message)
    return list(held.values())


def held_leaves(shard: str, start: int, end: int) -> dict[int, bytes]:
    """Return by their index, in order, the leaves ``start`` to ``end`` that are there."""
    with connection.cursor() as cursor:
        cursor.execute(_LEAVES, [shard, start, end] * 2)
        return {index: bytes(leaf) for index, leaf in cursor.fetchall()}


def queue_again(shard: str, size: int) -> int:
    """Let the entries to which a log gave places beyond ``size`` wait again; return how many.

    For a log that is being closed at this size, before it is.
    """
    left = Seal.objects.filter(shard=shard, leaf_index__gte=size)
    again = [Waiting(position=one) for one in left.values_list("entry_id", flat=True)]
    Waiting.objects.bulk_create(again, ignore_conflicts=True)
    return len(again)


def queue_forgotten() -> int:
    """Let entries wait that neither wait nor have a place in a log; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGOTTEN)
        return int(cursor.rowcount)


def backlog() -> Backlog:
    """Return what waits. Two statements."""
    waiting = Waiting.objects.aggregate(least=Min("position"))["least"]
    if waiting is None:
        return Backlog(0, None)
    oldest = PendingEntry.objects.filter(position=waiting).values_list("created_at", flat=True)
    return Backlog(Waiting.objects.count(), oldest.first())
