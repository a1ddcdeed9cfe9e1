"""Whether every paper in custody still stands where its moves, and the evidence log, say."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tongban.delivery.models import CustodyItem, CustodyMove
from tongban.delivery.rules import COMPARED, is_compared_seq
from tongban.evidence import api as evidence
from tongban.evidence.errors import EntryChanged
from tongban.vault.errors import Tampered

_MOVED = "custody.moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One thing that does not fit: which paper, and what is wrong with it."""

    item_id: str
    what: str


def check_custody() -> Iterator[Damage]:
    """Yield each paper whose moves belie its row or the evidence log, or that is gone.

    Those whose keys were destroyed are held against their moves alone. Keeps the papers of one
    subject in memory.
    """
    subjects = CustodyItem.objects.order_by().values_list("subject_kind", "subject_id").distinct()
    known = {("case", subject) for subject in evidence.subjects_of(kind="case")}
    for subject in sorted(known.union(subjects)):
        yield from _check_subject(subject)


def _check_subject(subject: tuple[str, str]) -> Iterator[Damage]:
    items = {
        row.id: row
        for row in CustodyItem.objects.filter(subject_kind=subject[0], subject_id=subject[1])
    }
    try:
        entries = [one for one in evidence.open_entries(subject=subject) if one.kind == _MOVED]
    except (EntryChanged, Tampered, ValueError) as fault:
        for item_id in items:
            yield Damage(
                item_id=item_id, what=f"its entries can't be opened: {type(fault).__name__}"
            )
        return
    said = {_place(entry): entry for entry in entries}
    for (item_id, seq), count in Counter(map(_place, entries)).items():
        if count > 1:
            yield Damage(item_id=item_id, what=f"move {seq}: {count} entries speak of it")
    for row in items.values():
        for what in _check(row, said):
            yield Damage(item_id=row.id, what=what)
    for item_id in sorted({item_id for item_id, _ in said} - items.keys()):
        yield Damage(item_id=item_id, what="entries speak of it, but it is gone")


def _place(entry: evidence.Entry) -> tuple[str, int]:
    return entry.body["facts"]["item"], entry.body["facts"]["seq"]


def _check(row: CustodyItem, said: dict[tuple[str, int], evidence.Entry]) -> Iterator[str]:
    moves = list(CustodyMove.objects.filter(item_id=row.id).order_by("seq"))
    if not moves or not _run(moves) or moves[-1].seq != row.seq:
        yield f"moves do not run from 1 to {row.seq}"
        return
    last = moves[-1]
    if (last.state, last.to_kind, last.to_id) != (row.state, row.holder_kind, row.holder_id):
        yield "its row says otherwise than its last move"
    if not any(item_id == row.id for item_id, _ in said):
        return  # its keys were destroyed; an entry that names another is told elsewhere
    for move in moves:
        if not _agrees(row, move, said.get((row.id, move.seq))):
            yield f"move {move.seq}: its entry says otherwise"


def _run(moves: list[CustodyMove]) -> bool:
    """Tell whether they run from 1 without a gap, but where two records were brought together."""
    before = 0
    for move in moves:
        may_leap = move.verb in COMPARED and is_compared_seq(move.seq) and move.seq > before > 0
        if move.seq != before + 1 and not may_leap:
            return False
        before = move.seq
    return True


def _agrees(row: CustodyItem, move: CustodyMove, entry: evidence.Entry | None) -> bool:
    if entry is None:
        return False
    facts = entry.body["facts"]
    before = {"kind": move.from_kind, "id": move.from_id}
    after = {"kind": move.to_kind, "id": move.to_id}
    return (
        (facts["verb"], facts["state"], facts["from"], facts["to"], facts["carrier"])
        == (move.verb, move.state, before, after, move.carrier)
        and (facts["item_kind"], facts["label"], facts["copies"])
        == (row.kind, row.label, row.copies)
        and entry.at == move.at
        and entry.body["acting"] == move.acting
        and entry.personal.get("waybill") == move.waybill
    )
