"""Entries and looks that go with what they are about when an installation is split.

The log that holds their leaves stays where it is, whole: nothing is taken out of it, and what was
proved from it stays proved. The same leaves go into the other node's own log, as entries that wait.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from tongban.evidence.actions.looks import spool_folder
from tongban.evidence.kinds import LOOK
from tongban.evidence.models import Look, PendingEntry
from tongban.evidence.sealing import sole, status
from tongban.evidence.spool import SUFFIX
from tongban.work import api as work

Json = dict[str, Any]
_OWN = ("position",)


def packed(
    subjects: Iterable[tuple[str, str]], *, key_ids: Collection[str]
) -> Iterator[tuple[str, Json]]:
    """Yield (table, row) of the entries about these subjects under these keys, and of the looks."""
    by_kind: dict[str, list[str]] = {}
    for kind, subject_id in subjects:
        by_kind.setdefault(kind, []).append(subject_id)
    looks: list[str] = []
    positions: list[tuple[int, str]] = []
    for kind, ids in sorted(by_kind.items()):
        for part in work.rows.parts_of(ids):
            found = PendingEntry.objects.filter(subject_kind=kind, subject_id__in=part)
            for position, entry_id, of_kind, key_id in found.values_list(
                "position", "entry_id", "kind", "key_id"
            ):
                if key_id in key_ids:
                    positions.append((position, entry_id))
                    looks += [entry_id] if of_kind == LOOK else []
    positions.sort()  # in the order that they were recorded in
    for start in range(0, len(positions), 500):
        part_of = [position for position, _ in positions[start : start + 500]]
        rows = PendingEntry.objects.filter(pk__in=part_of).order_by("position")
        for row in work.rows.packed(rows, without=_OWN):
            yield "entries", row
    for part in work.rows.parts_of(looks):
        for row in work.rows.packed(Look.objects.filter(pk__in=part).order_by("id")):
            yield "looks", row


def put(table: str, rows: Iterable[Json]) -> int:
    """Insert rows that ``packed`` told of a table; entries wait for this node's own log."""
    return work.rows.put({"entries": PendingEntry, "looks": Look}[table], rows)


def remove_looks(key_ids: Collection[str]) -> None:
    """Remove the looks whose entries nobody can read any more, in the caller's transaction."""
    gone: list[str] = []
    for part in work.rows.parts_of(key_ids):
        entries = PendingEntry.objects.filter(key_id__in=part, kind=LOOK)
        gone += entries.values_list("entry_id", flat=True)
    with work.rows.removable(Look):
        for part in work.rows.parts_of(gone):
            Look.objects.filter(pk__in=part).delete()


def not_ready() -> Iterator[str]:
    """Tell what must be done before: nothing may be on its way into tables or log."""
    with sole.holding() as is_sole:
        if not is_sole:
            yield "the worker runs: stop it"
    if any(spool_folder().glob(f"*{SUFFIX}")):
        yield "looks are in the spool: stop the node, then run `tongban worker --once`"
    waiting = status().waiting
    if waiting:
        yield f"{waiting} entries wait for the log: stop the node, then run `tongban worker --once`"


def whole() -> dict[str, int]:
    """Return how many rows there are, by table."""
    return {"entries": PendingEntry.objects.count(), "looks": Look.objects.count()}
