"""Papers of cases that go to another node when an installation is split, with all their moves."""

from collections.abc import Iterable, Iterator
from typing import Any

from tongban.delivery.models import CustodyItem, CustodyMove
from tongban.work import api as work

Json = dict[str, Any]


def packed(case_ids: Iterable[str]) -> Iterator[tuple[str, Json]]:
    """Yield (table, row) of the papers of these cases."""
    ids = list(case_ids)
    for part in work.rows.parts_of(ids):
        items = CustodyItem.objects.filter(subject_kind="case", subject_id__in=part)
        for row in work.rows.packed(items.order_by("id")):
            yield "custody_items", row
    for part in work.rows.parts_of(ids):
        items = CustodyItem.objects.filter(subject_kind="case", subject_id__in=part)
        moves = CustodyMove.objects.filter(item__in=items).order_by("id")
        for row in work.rows.packed(moves):
            yield "custody_moves", row


def put(table: str, rows: Iterable[Json]) -> int:
    """Insert rows that ``packed`` told of a table."""
    model = {"custody_items": CustodyItem, "custody_moves": CustodyMove}[table]
    return work.rows.put(model, rows)


def remove(case_ids: Iterable[str]) -> None:
    """Remove the papers of cases that have gone, in the caller's transaction."""
    for part in work.rows.parts_of(case_ids):
        items = CustodyItem.objects.filter(subject_kind="case", subject_id__in=part)
        CustodyMove.objects.filter(item__in=items).delete()
        items.delete()


def last_moves(case_ids: Iterable[str]) -> dict[str, dict[str, int]]:
    """Return by case the number of each paper's last move; those without papers are absent."""
    found: dict[str, dict[str, int]] = {}
    for part in work.rows.parts_of(case_ids):
        items = CustodyItem.objects.filter(subject_kind="case", subject_id__in=part)
        for case_id, item_id, seq in items.values_list("subject_id", "id", "seq"):
            found.setdefault(case_id, {})[item_id] = seq
    return found


def whole() -> dict[str, int]:
    """Return how many rows there are, by table."""
    return {
        "custody_items": CustodyItem.objects.count(),
        "custody_moves": CustodyMove.objects.count(),
    }
