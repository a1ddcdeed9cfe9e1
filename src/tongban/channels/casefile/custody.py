"""Where each original and result of a case is and was."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.utils.translation import gettext

from tongban.cases.api import CaseFile
from tongban.channels.casefile.actors import Actors
from tongban.channels.casefile.words import either
from tongban.channels.parts import CustodyRow, MoveRow, Tone
from tongban.delivery import api as delivery
from tongban.delivery.api import STATE_NAMES, Holder, HolderKind, ItemState, ItemView, MoveView
from tongban.kernel.errors import mark
from tongban.places import api as places

Moves = Mapping[str, Sequence[MoveView]]
"""The moves of each paper, by the paper's id."""

_TONES: dict[ItemState, Tone] = {
    ItemState.HELD: "neutral",
    ItemState.TO_SEND: "waiting",
    ItemState.IN_TRANSIT: "active",
    ItemState.SIGNED: "good",
    ItemState.RETURNED: "warn",
    ItemState.LOST: "bad",
    ItemState.HANDED_OVER: "good",
}

_MOVES = {
    delivery.Verb.TAKE_IN: mark("{after}收存"),
    delivery.Verb.PREPARE: mark("准备寄往{addressee}"),
    delivery.Verb.SEND: mark("由{before}寄出"),
    delivery.Verb.SIGN: mark("{after}签收"),
    delivery.Verb.SEND_BACK: mark("退回{after}"),
    delivery.Verb.REPORT_LOST: mark("报告遗失"),
    delivery.Verb.HAND_OVER: mark("已交{after}"),
    delivery.Verb.FOUND: mark("双方核对，确认在{after}"),
    delivery.Verb.MISSING: mark("双方核对，确认遗失"),
}


def known_moves(file: CaseFile) -> Moves:
    """Read the moves of the file's papers, without their notes; one statement for each paper."""
    return {item.id: delivery.moves_of(item.id) for item in file.custody}


def custody_rows(
    file: CaseFile, moves: Moves, actors: Actors, today: date
) -> tuple[CustodyRow, ...]:
    """Return the papers of a case (parts/custody.html), the oldest first."""
    return tuple(_row(item, moves.get(item.id, ()), file, actors, today) for item in file.custody)


def _row(
    item: ItemView, moves: Sequence[MoveView], file: CaseFile, actors: Actors, today: date
) -> CustodyRow:
    on_its_way = item.state is ItemState.IN_TRANSIT
    overdue = on_its_way and item.expected_by is not None and item.expected_by < today
    return CustodyRow(
        label=item_words(item.label, file),
        state_label=gettext(STATE_NAMES[item.state]),
        tone="bad" if overdue else _TONES[item.state],
        holder=holder_words(item.holder, file),
        copies=item.copies,
        expected_by=item.expected_by if on_its_way else None,
        overdue=overdue,
        moves=tuple(_move(move, file, actors) for move in moves),
    )


def _move(move: MoveView, file: CaseFile, actors: Actors) -> MoveRow:
    ends = {
        "before": _end(move.before, file),
        "after": _end(move.after, file),
        "addressee": _end(move.addressee, file),
    }
    return MoveRow(
        at=move.at,
        text=gettext(_MOVES[move.verb]).format(**ends),
        by=actors.who(move.acting, file),
        waybill=" ".join(part for part in (move.carrier, move.waybill) if part),
        note=move.note or "",
    )


def _end(holder: Holder | None, file: CaseFile) -> str:
    return "" if holder is None else holder_words(holder, file)


def holder_words(holder: Holder, file: CaseFile) -> str:
    """Return who holds, sends or is to get a paper."""
    if holder.kind is HolderKind.OFFICE:
        office = places.office(holder.id)
        return either(office.name, office.name_en)[0]
    if holder.kind is HolderKind.AGENCY:
        agency = places.agency(holder.id)
        return either(agency.name, agency.name_en)[0]
    if holder.kind is HolderKind.CARRIER:
        return gettext("{carrier}（承运）").format(carrier=holder.id)
    return gettext("申请人本人") if holder.id == file.applicant.id else gettext("收件人")


def item_words(label: str, file: CaseFile) -> str:
    """Return the name of a paper: of a material, or of the result."""
    edition = file.edition
    titles = {one.title: one.title_en for one in edition.materials}
    titles[edition.result.title] = edition.result.title_en
    return either(label, titles.get(label, ""))[0]
