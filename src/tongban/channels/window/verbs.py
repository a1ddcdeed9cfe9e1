"""What is done on a case's page with one press: withdraw, void, deliver."""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from tongban.cases import api as cases
from tongban.cases import errors as cases_errors
from tongban.cases.api import CaseHead
from tongban.channels.access import POST, for_staff
from tongban.channels.errors import BadRequest
from tongban.channels.idempotency import form_key
from tongban.channels.visitor import Request
from tongban.channels.window.case import show
from tongban.channels.window.errors import NotConfirmed
from tongban.channels.window.page import (
    POWERS,
    TO_READ,
    as_clerk,
    for_applicant,
    posted_seq,
    read_file,
    read_head,
)
from tongban.channels.window.told import ToldAt, told_at
from tongban.kernel.errors import Refusal

_OF_DELIVERY: dict[type[Refusal], str] = {
    cases_errors.PresenceMissing: "deliver.presence",
    cases_errors.ResultNotHanded: "deliver.confirm",
}


@for_staff(*POWERS, methods=POST)
def withdraw(request: Request, case_id: str) -> HttpResponseBase:
    """Take the application back for the applicant who stands here."""

    def act(case: CaseHead) -> None:
        confirmed(request, "withdraw")
        with told_at({cases_errors.PresenceMissing: "withdraw.presence"}):
            cases.withdraw(
                acting=for_applicant(request, case, "withdraw.presence"),
                case_id=case_id,
                seq=posted_seq(request),
                reason=request.POST.get("withdraw.reason", ""),
                key=form_key(request),
            )

    return run(request, case_id, act, done="withdraw")


@for_staff(*POWERS, methods=POST)
def void(request: Request, case_id: str) -> HttpResponseBase:
    """Strike a case that was entered by mistake."""

    def act(case: CaseHead) -> None:
        confirmed(request, "void")
        with told_at({cases_errors.ReasonMissing: "void.reason"}):
            cases.void(
                acting=as_clerk(request),
                case_id=case.id,
                seq=posted_seq(request),
                reason=request.POST.get("void.reason", ""),
                key=form_key(request),
            )

    return run(request, case_id, act, done="void")


@for_staff(*POWERS, methods=POST)
def hand_again(request: Request, case_id: str) -> HttpResponseBase:
    """Hand a case over once more that the deciding agency's node did not take."""

    def act(case: CaseHead) -> None:
        cases.hand_again(acting=as_clerk(request), case_id=case.id)

    return run(request, case_id, act, done="hand_again")


@for_staff(*POWERS, methods=POST)
def settle(request: Request, case_id: str) -> HttpResponseBase:
    """Note what was found when two nodes' records were compared."""

    def act(case: CaseHead) -> None:
        with told_at({cases_errors.TextRefused: "settle.note"}):
            cases.settle(
                acting=as_clerk(request),
                case_id=case.id,
                note=request.POST.get("settle.note", "").strip(),
            )

    return run(request, case_id, act, done="settle")


@for_staff(*POWERS, methods=POST)
def deliver(request: Request, case_id: str) -> HttpResponseBase:
    """Hand what is here to the applicant and note the proof of delivery, together or not at all."""

    def act(case: CaseHead) -> None:
        confirmed(request, "deliver")
        with told_at(_OF_DELIVERY), transaction.atomic():
            acting = for_applicant(request, case, "deliver.presence")
            for item_id, seq in _items(request):
                cases.hand_over(acting=acting, case_id=case.id, item_id=item_id, seq=seq)
            cases.deliver(
                acting=acting, case_id=case.id, seq=posted_seq(request), key=form_key(request)
            )

    return run(request, case_id, act, done="deliver")


def confirmed(request: Request, prefix: str) -> None:
    """Pass only with the tick; told at it otherwise."""
    name = f"{prefix}.confirm"
    if request.POST.get(name) != "true":
        raise ToldAt(NotConfirmed(), name)


def run(
    request: Request, case_id: str, act: Callable[[CaseHead], None], *, done: str
) -> HttpResponseBase:
    """Act and go back to the file; what the form is told stands in it."""
    try:
        act(read_head(request, case_id))
    except ToldAt as refused:
        return show(request, read_file(request, case_id, TO_READ), refused.told)
    return redirect(f"{reverse('window:case', args=[case_id])}?done={done}")


def _items(request: Request) -> list[tuple[str, int]]:
    """Return the papers as the page showed them: id and seq."""
    found = []
    for pair in request.POST.getlist("deliver.item"):
        item_id, _, seq = pair.partition(" ")
        if not (seq.isascii() and seq.isdigit()):
            raise BadRequest
        found.append((item_id, int(seq)))
    return found
