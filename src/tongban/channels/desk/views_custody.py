"""The moves of a paper between this agency and the other end of its case."""

from collections.abc import Callable
from dataclasses import replace

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from tongban.cases import api as cases
from tongban.channels.access import POST, for_staff
from tongban.channels.desk.answers import SHOWN_IN_PLACE, case_url, seq_of, show_file
from tongban.channels.desk.chrome import POWERS, acting_of
from tongban.channels.desk.errors import NoteTooLong, Unconfirmed
from tongban.channels.desk.filepage import Refused
from tongban.channels.errors import PageNotFound
from tongban.channels.visitor import Request
from tongban.kernel.acting import Presence
from tongban.kernel.errors import Refusal

_MOST_NOTE = 500


@for_staff(*POWERS, methods=POST)
def move(request: Request, case_id: str, item_id: str, slug: str) -> HttpResponse:
    """Move one paper; on a refusal that can be answered, show the file again with it kept."""
    make = _MOVES.get(slug)
    if make is None:
        raise PageNotFound
    seq = seq_of(request)
    try:
        make(request, case_id, item_id, seq)
    except Refusal as refusal:
        if refusal.kind not in SHOWN_IN_PLACE:
            raise
        refused = Refused(slug=slug, post=request.POST, refusal=refusal, seq=seq, item_id=item_id)
        return show_file(request, case_id, refused)
    if request.POST.get("from") == "queue":
        return HttpResponseRedirect(f"{reverse('desk:home')}#parcels")
    return HttpResponseRedirect(f"{case_url(case_id)}#custody")


def _sign(request: Request, case_id: str, item_id: str, seq: int) -> None:
    cases.sign_for(acting=acting_of(request), case_id=case_id, item_id=item_id, seq=seq)


def _dispatch(request: Request, case_id: str, item_id: str, seq: int) -> None:
    cases.dispatch(
        acting=acting_of(request),
        case_id=case_id,
        item_id=item_id,
        seq=seq,
        carrier=request.POST.get("carrier", ""),
        waybill=request.POST.get("waybill", ""),
    )


def _returned(request: Request, case_id: str, item_id: str, seq: int) -> None:
    cases.send_back(
        acting=acting_of(request), case_id=case_id, item_id=item_id, seq=seq, note=_note(request)
    )


def _lost(request: Request, case_id: str, item_id: str, seq: int) -> None:
    _confirm(request)
    cases.report_lost(
        acting=acting_of(request), case_id=case_id, item_id=item_id, seq=seq, note=_note(request)
    )


def _handed(request: Request, case_id: str, item_id: str, seq: int) -> None:
    _confirm(request)  # that the person's document was seen
    acting = acting_of(request)
    head = cases.case_head(acting=acting, case_id=case_id)
    before_us = replace(acting, on_behalf_of=head.applicant_id, presence=Presence.DOCUMENT_SEEN)
    cases.hand_over(acting=before_us, case_id=case_id, item_id=item_id, seq=seq)


def _proved(request: Request, case_id: str, item_id: str, seq: int) -> None:
    _confirm(request)  # that the carrier has proof
    cases.hand_over(acting=acting_of(request), case_id=case_id, item_id=item_id, seq=seq)


def _found(request: Request, case_id: str, item_id: str, seq: int) -> None:
    _compare(request, case_id, item_id, seq, found=True)


def _missing(request: Request, case_id: str, item_id: str, seq: int) -> None:
    _confirm(request)
    _compare(request, case_id, item_id, seq, found=False)


def _compare(request: Request, case_id: str, item_id: str, seq: int, *, found: bool) -> None:
    cases.compare_paper(
        acting=acting_of(request),
        case_id=case_id,
        item_id=item_id,
        seq=seq,
        found=found,
        note=_note(request),
    )


@for_staff(*POWERS, methods=POST)
def settle(request: Request, case_id: str) -> HttpResponse:
    """Note what was found when two nodes' records were compared."""
    cases.settle(acting=acting_of(request), case_id=case_id, note=_note(request))
    return HttpResponseRedirect(f"{case_url(case_id)}?done=settle")


def _confirm(request: Request) -> None:
    if request.POST.get("confirm") != "true":
        raise Unconfirmed


def _note(request: Request) -> str:
    note = request.POST.get("note", "").strip()
    if len(note) > _MOST_NOTE:
        raise NoteTooLong(most=_MOST_NOTE)
    return note


_MOVES: dict[str, Callable[[Request, str, str, int], None]] = {
    "sign": _sign,
    "dispatch": _dispatch,
    "returned": _returned,
    "handed": _handed,
    "proved": _proved,
    "lost": _lost,
    "found": _found,
    "missing": _missing,
}
