"""Originals and results that this agency holds, awaits or has sent, and the moves on offer.

What may be moved by whom is delivery's rule; a move is offered only to the end that can make it,
so that no button is dead.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext

from tongban.cases import api as cases
from tongban.cases.api import CaseFile
from tongban.channels.casefile import holder_words
from tongban.channels.parts import CustodyRow
from tongban.delivery import api as delivery
from tongban.delivery.api import Holder, HolderKind, ItemKind, ItemState, ItemView
from tongban.identity.api import Power
from tongban.kernel.acting import Acting
from tongban.kernel.errors import mark

HANDLING = frozenset({Power.ACCEPT, Power.PRODUCE, Power.ISSUE, Power.DELIVER_RESULT})
"""Powers of a post at an agency that handles papers; others see where they are and no buttons."""

_GONE = frozenset({ItemState.LOST, ItemState.HANDED_OVER})

SHOWN = 8
"""Parcels of a kind on the queue's page."""

_READ = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One move on offer. ``asks``: "parcel" (carrier and waybill), "note" or nothing.

    ``confirm`` is what its box says, "" where it needs none; ``first`` tells that it is what
    should happen next, so that it stands open.
    """

    slug: str
    label: str
    url: str
    asks: str = ""
    confirm: str = ""
    grave: bool = False
    first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A paper of the case with its moves (desk/custody.html). ``to`` is where it goes next.

    ``move`` to ``problem`` are a refused form's: which move, what was typed, why not.
    """

    item_id: str
    seq: int
    row: CustodyRow
    moves: tuple[Move, ...]
    to: str = ""
    carrier: str = ""
    waybill: str = ""
    note: str = ""
    move: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A parcel on the queue's page: to sign for, or to send."""

    number: str
    label: str
    copies: int
    case_url: str
    sign_url: str
    seq: int
    carrier: str
    waybill: str
    expected_by: date | None
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What this agency has to sign for and to send, the first ``SHOWN`` of each."""

    to_sign: tuple[Waiting, ...]
    to_send: tuple[Waiting, ...]
    more_to_sign: bool
    more_to_send: bool
    handles: bool


_MOVES = {
    "sign": {"label": mark("签收")},
    "dispatch": {"label": mark("寄出"), "asks": "parcel"},
    "handed": {
        "label": mark("当面交给申请人"),
        "confirm": mark("已当面核验申请人的身份证件，材料已交到本人手中。"),
    },
    "proved": {
        "label": mark("登记本人签收"),
        "confirm": mark("承运人的签收凭证表明，申请人本人已经签收。"),
    },
    "returned": {"label": mark("邮件退回本机关"), "asks": "note"},
    "lost": {
        "label": mark("报告遗失"),
        "asks": "note",
        "confirm": mark("确认材料遗失；申请人会看到这条记录。"),
    },
    "found": {"label": mark("核对：在本机关"), "asks": "note"},
    "missing": {
        "label": mark("核对：双方都没有"),
        "asks": "note",
        "confirm": mark("确认双方都没有；申请人会看到这条记录。"),
    },
}


def offered(
    item: ItemView, here: Holder, case_id: str, powers: frozenset[Power], *, differs: bool = False
) -> tuple[Move, ...]:
    """Return the moves that a post with ``powers`` at ``here`` can make, the expected one first.

    ``differs`` where another node's records of the case are not the same.
    """
    if powers.isdisjoint(HANDLING):
        return ()
    state, rests = item.state, item.holder == here and item.state not in _GONE
    sent, awaited = item.sender == here, item.addressee == here
    on_its_way = state is ItemState.IN_TRANSIT
    to_person = item.addressee is not None and item.addressee.kind is HolderKind.PERSON
    # A result that rests where it was made is not issued yet: it goes nowhere.
    may_leave = rests and (item.kind is ItemKind.ORIGINAL or state is not ItemState.HELD)
    delivers = Power.DELIVER_RESULT in powers
    slugs = {
        "sign": awaited and state in {ItemState.IN_TRANSIT, ItemState.LOST},
        "dispatch": may_leave,
        "handed": delivers and may_leave,
        "proved": delivers and on_its_way and sent and to_person,
        "returned": sent and state in {ItemState.IN_TRANSIT, ItemState.LOST},
        "lost": rests or (on_its_way and (sent or awaited)),
        "found": differs and state is not ItemState.HANDED_OVER,
        "missing": differs and state is not ItemState.HANDED_OVER,
    }
    expected = "sign" if on_its_way else "dispatch" if state is ItemState.TO_SEND else ""
    return tuple(
        _move(slug, item, case_id, first=slug == expected) for slug, may in slugs.items() if may
    )


def _move(slug: str, item: ItemView, case_id: str, *, first: bool) -> Move:
    words = _MOVES[slug]
    return Move(
        slug=slug,
        label=gettext(words["label"]),
        url=reverse("desk:custody", args=[case_id, item.id, slug]),
        asks=words.get("asks", ""),
        confirm=gettext(words["confirm"]) if "confirm" in words else "",
        grave=slug in {"lost", "missing"},
        first=first,
    )


def parcels_of(
    file: CaseFile,
    rows: Iterable[CustodyRow],
    *,
    powers: frozenset[Power],
    typed: Mapping[str, str],
) -> tuple[Parcel, ...]:
    """Return the papers of a case with the moves that this post can make.

    ``typed`` is a refused form: item, move, carrier, waybill, note, problem; else empty.
    """
    here = Holder(HolderKind.AGENCY, file.agency.id)
    return tuple(
        Parcel(
            item_id=item.id,
            seq=item.seq,
            row=row,
            moves=offered(
                item,
                here,
                file.id,
                powers,
                differs=file.abroad is not None and bool(file.abroad.trouble),
            ),
            to=_next_end(item, here, file),
            **(_kept(typed) if typed.get("item") == item.id else {}),
        )
        for item, row in zip(file.custody, rows, strict=True)
    )


def _kept(typed: Mapping[str, str]) -> dict[str, str]:
    return {name: typed.get(name, "") for name in ("carrier", "waybill", "note", "move", "problem")}


def _next_end(item: ItemView, here: Holder, file: CaseFile) -> str:
    """Return in words where a paper at this agency is to be sent (``cases.dispatch``)."""
    if item.holder != here:
        return ""
    if file.office is not None:
        return holder_words(Holder(HolderKind.OFFICE, file.office.id), file)
    return holder_words(Holder(HolderKind.PERSON, file.applicant.id), file)


def traffic(acting: Acting, agency_id: str, today: date, *, powers: frozenset[Power]) -> Traffic:
    """Return what the agency has to sign for and to send, for the page of the queue.

    4 statements. Of more than ``_READ`` papers held, those to send among the oldest are shown.
    """
    here = Holder(HolderKind.AGENCY, agency_id)
    expected = delivery.items_expected(here, limit=SHOWN + 1)
    held = delivery.items_held(here, limit=_READ)
    to_send = [item for item in held if item.state is ItemState.TO_SEND]
    shown = [*expected[:SHOWN], *to_send[:SHOWN]]
    numbers = cases.numbers_of(acting=acting, case_ids=[item.subject[1] for item in shown])
    return Traffic(
        to_sign=tuple(_waiting(item, numbers, today) for item in expected[:SHOWN]),
        to_send=tuple(_waiting(item, numbers, today) for item in to_send[:SHOWN]),
        more_to_sign=len(expected) > SHOWN,
        more_to_send=len(to_send) > SHOWN,
        handles=not powers.isdisjoint(HANDLING),
    )


def _waiting(item: ItemView, numbers: Mapping[str, str], today: date) -> Waiting:
    case_id = item.subject[1]
    return Waiting(
        number=numbers.get(case_id, ""),
        label=item.label,
        copies=item.copies,
        case_url=f"{reverse('desk:case', args=[case_id])}#custody",
        sign_url=reverse("desk:custody", args=[case_id, item.id, "sign"]),
        seq=item.seq,
        carrier=item.carrier or "",
        waybill=item.waybill or "",
        expected_by=item.expected_by,
        overdue=item.expected_by is not None and item.expected_by < today,
    )
