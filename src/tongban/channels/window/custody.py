"""Moves of originals and results from the window: send, sign for, note a return or a loss."""

from django.http import HttpResponseBase

from tongban.cases import api as cases
from tongban.cases import errors as cases_errors
from tongban.cases.api import CaseHead
from tongban.channels.access import POST, for_staff
from tongban.channels.visitor import Request
from tongban.channels.window.errors import NoteMissing
from tongban.channels.window.page import POWERS, as_clerk, for_applicant, posted_seq
from tongban.channels.window.told import ToldAt, told_at
from tongban.channels.window.verbs import confirmed, run
from tongban.delivery import errors as delivery_errors


@for_staff(*POWERS, methods=POST)
def dispatch(request: Request, case_id: str, item_id: str) -> HttpResponseBase:
    """Send a paper to the deciding agency, with carrier and waybill."""
    prefix = f"{item_id}.dispatch"

    def act(_case: CaseHead) -> None:
        with told_at(
            {
                delivery_errors.WaybillInvalid: f"{prefix}.waybill",
                cases_errors.TextRefused: f"{prefix}.carrier",
            }
        ):
            cases.dispatch(
                acting=as_clerk(request),
                case_id=case_id,
                item_id=item_id,
                seq=posted_seq(request, "item_seq"),
                carrier=request.POST.get(f"{prefix}.carrier", ""),
                waybill=request.POST.get(f"{prefix}.waybill", ""),
            )

    return run(request, case_id, act, done="dispatch")


@for_staff(*POWERS, methods=POST)
def sign(request: Request, case_id: str, item_id: str) -> HttpResponseBase:
    """Sign for a paper that was sent here."""

    def act(_case: CaseHead) -> None:
        cases.sign_for(
            acting=as_clerk(request),
            case_id=case_id,
            item_id=item_id,
            seq=posted_seq(request, "item_seq"),
        )

    return run(request, case_id, act, done="sign")


@for_staff(*POWERS, methods=POST)
def send_back(request: Request, case_id: str, item_id: str) -> HttpResponseBase:
    """Note that a parcel came back to this window."""

    def act(_case: CaseHead) -> None:
        cases.send_back(
            acting=as_clerk(request),
            case_id=case_id,
            item_id=item_id,
            seq=posted_seq(request, "item_seq"),
            note=request.POST.get(f"{item_id}.send_back.note", "").strip(),
        )

    return run(request, case_id, act, done="send_back")


@for_staff(*POWERS, methods=POST)
def report_lost(request: Request, case_id: str, item_id: str) -> HttpResponseBase:
    """Note that a paper is lost, and how."""
    prefix = f"{item_id}.lost"

    def act(_case: CaseHead) -> None:
        note = request.POST.get(f"{prefix}.note", "").strip()
        if not note:
            raise ToldAt(NoteMissing(), f"{prefix}.note")
        confirmed(request, prefix)
        cases.report_lost(
            acting=as_clerk(request),
            case_id=case_id,
            item_id=item_id,
            seq=posted_seq(request, "item_seq"),
            note=note,
        )

    return run(request, case_id, act, done="lost")


@for_staff(*POWERS, methods=POST)
def hand_over(request: Request, case_id: str, item_id: str) -> HttpResponseBase:
    """Give a paper back to the applicant who stands here."""
    name = f"{item_id}.hand_over.presence"

    def act(case: CaseHead) -> None:
        with told_at({cases_errors.PresenceMissing: name}):
            cases.hand_over(
                acting=for_applicant(request, case, name),
                case_id=case_id,
                item_id=item_id,
                seq=posted_seq(request, "item_seq"),
            )

    return run(request, case_id, act, done="hand_over")


@for_staff(*POWERS, methods=POST)
def found(request: Request, case_id: str, item_id: str) -> HttpResponseBase:
    """Note that a paper is here, after two nodes' records were compared."""
    return _compared(request, case_id, item_id, name="found")


@for_staff(*POWERS, methods=POST)
def missing(request: Request, case_id: str, item_id: str) -> HttpResponseBase:
    """Note that neither end has a paper."""
    return _compared(request, case_id, item_id, name="missing")


def _compared(request: Request, case_id: str, item_id: str, *, name: str) -> HttpResponseBase:
    prefix = f"{item_id}.{name}"

    def act(_case: CaseHead) -> None:
        if name == "missing":
            confirmed(request, prefix)
        with told_at({cases_errors.TextRefused: f"{prefix}.note"}):
            cases.compare_paper(
                acting=as_clerk(request),
                case_id=case_id,
                item_id=item_id,
                seq=posted_seq(request, "item_seq"),
                found=name == "found",
                note=request.POST.get(f"{prefix}.note", "").strip(),
            )

    return run(request, case_id, act, done="compared")
