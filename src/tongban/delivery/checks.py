"""Whether every paper in custody still stands where its moves, and the evidence log, say."""

from collections.abc import Iterator
from dataclasses import dataclass

from tongban.delivery.models import CustodyItem, CustodyMove
from tongban.evidence import api as evidence
from tongban.evidence.errors import EntryChanged
from tongban.vault.errors import Tampered


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One thing that does not fit: which paper, and what is wrong with it."""

    item_id: str
    what: str


def check_custody() -> Iterator[Damage]:
    """Yield each paper whose moves belie its row or the evidence log.

    One whose keys were destroyed is held against its moves alone. Keeps one paper in memory.
    """
    for row in CustodyItem.objects.order_by("id").iterator(chunk_size=500):
        moves = list(CustodyMove.objects.filter(item_id=row.id).order_by("seq"))
        for what in _check(row, moves):
            yield Damage(item_id=row.id, what=what)


def _check(row: CustodyItem, moves: list[CustodyMove]) -> Iterator[str]:
    if not moves or [move.seq for move in moves] != list(range(1, row.seq + 1)):
        yield f"moves do not run from 1 to {row.seq}"
        return
    last = moves[-1]
    if (last.state, last.to_kind, last.to_id) != (row.state, row.holder_kind, row.holder_id):
        yield "its row says otherwise than its last move"
    try:
        entries = evidence.open_entries(subject=(row.subject_kind, row.subject_id))
    except (EntryChanged, Tampered, ValueError) as fault:
        yield f"its entries can't be opened: {type(fault).__name__}"
        return
    said = {
        entry.body["facts"]["seq"]: entry
        for entry in entries
        if entry.kind == "custody.moved" and entry.body["facts"]["item"] == row.id
    }
    for move in moves if said else ():
        if not _agrees(move, said.get(move.seq)):
            yield f"move {move.seq}: its entry says otherwise"


def _agrees(move: CustodyMove, entry: evidence.Entry | None) -> bool:
    if entry is None:
        return False
    facts = entry.body["facts"]
    before = {"kind": move.from_kind, "id": move.from_id}
    after = {"kind": move.to_kind, "id": move.to_id}
    return (
        (facts["verb"], facts["state"], facts["from"], facts["to"], facts["carrier"])
        == (move.verb, move.state, before, after, move.carrier)
        and entry.at == move.at
        and entry.body["acting"] == move.acting
        and entry.personal.get("waybill") == move.waybill
    )
