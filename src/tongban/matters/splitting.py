"""Editions that cases refer to, when those go to another node: they keep their ids there.

Entries name the edition that a case was taken in by, so its id may not change.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from tongban.matters.errors import EditionApart
from tongban.matters.models import Edition, EditionTold
from tongban.matters.queries import digest_of
from tongban.matters.rules import EditionState
from tongban.work import api as work

Json = dict[str, Any]


def packed(edition_ids: Iterable[str]) -> Iterator[tuple[str, Json]]:
    """Yield (table, row) of these editions."""
    for part in work.rows.parts_of(edition_ids):
        for row in work.rows.packed(Edition.objects.filter(pk__in=part).order_by("id")):
            yield "editions", row


def put(table: str, rows: Iterable[Json]) -> int:
    """Have these editions here under the ids that they come with; return how many.

    EditionApart where the same version says something else here, or another one is in force.
    """
    del table
    return sum(_put(row) for row in rows)


def _put(row: Json) -> int:
    if Edition.objects.filter(pk=row["id"]).exists():
        return 1
    same = Edition.objects.filter(
        matter_id=row["matter_id"], place_id=row["place_id"], version=row["version"]
    )
    held = same.first()
    if held is not None:
        if digest_of(held.content) != digest_of(row["content"]):
            raise EditionApart(matter=row["matter_id"], place=row["place_id"])
        same.update(id=row["id"])
        # What peers were told of it is all that may refer to it: the database refuses otherwise.
        EditionTold.objects.filter(edition_id=held.id).update(edition_id=row["id"])
        return 1
    published = Edition.objects.filter(
        matter_id=row["matter_id"], place_id=row["place_id"], state=EditionState.PUBLISHED.value
    )
    if row["state"] == EditionState.PUBLISHED.value and published.exists():
        raise EditionApart(matter=row["matter_id"], place=row["place_id"])
    return work.rows.put(Edition, [row])
