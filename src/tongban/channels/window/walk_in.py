"""A walk-in: who is here, for which matter, and the draft that follows. One form, one press."""

import re
from dataclasses import dataclass

from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language

from tongban.cases import api as cases
from tongban.channels.access import GET_POST, for_staff
from tongban.channels.errors import BadRequest
from tongban.channels.idempotency import form_key
from tongban.channels.schema_form import Prefill, build_form, read_form
from tongban.channels.visitor import Request
from tongban.channels.window import agent, walk_in_form
from tongban.channels.window.errors import MatterMissing
from tongban.channels.window.offers import offered
from tongban.channels.window.page import POWERS, as_clerk, frame, office_of, post_of
from tongban.channels.window.told import NOTHING, Told, ToldAt, told_at
from tongban.identity import api as identity
from tongban.identity import errors as identity_errors
from tongban.identity.api import NumberKind
from tongban.kernel.acting import Assurance, Channel
from tongban.kernel.errors import Refusal
from tongban.matters import api as matters

_CONTROLS: dict[type[Refusal], str] = {
    identity_errors.NameRefused: "name",
    identity_errors.NameDiffers: "name",
    identity_errors.NumberRefused: "number",
    identity_errors.PersonBlocked: "number",
    identity_errors.PhoneRefused: "phone",
}


@for_staff(*POWERS, methods=GET_POST)
def new(request: Request) -> HttpResponseBase:
    """Ask who is here and for what; register the person and begin the draft.

    Person, mandate and draft come into being together or not at all.
    """
    find = request.POST.get("find", "").strip()
    if request.method != "POST" or request.POST.get("do") == "find":
        return _page(request, find, NOTHING)
    try:
        with transaction.atomic():
            done = _start(request)
    except ToldAt as refused:
        return _page(request, find, refused.told)
    return redirect("window:intake", done.case_id)


def _page(request: Request, find: str, told: Told) -> HttpResponse:
    offers = offered(office_of(request), find)
    context = {
        **frame(request, "new"),
        **walk_in_form.context(request, offers, find, told),
    }
    return render(request, "window/new.html", context, status=told.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card:
    """A person as typed from their card."""

    name: str
    kind: NumberKind
    number: str
    phone: str


def _start(request: Request) -> cases.Done:
    applicant = _register(request, "")
    edition_id = request.POST.get("edition", "")
    if not edition_id:
        raise ToldAt(MatterMissing(), "edition")
    edition = matters.edition(edition_id)
    mandate_id = None
    if agent.named(request):
        helper = _register(request, "agent_")
        with told_at(agent.CONTROLS):
            mandate_id = agent.grant(request, applicant, helper, edition.matter_code)
    return cases.draft(
        acting=request.visitor.acting(
            Channel.WINDOW, on_behalf_of=applicant, mandate_id=mandate_id
        ),
        edition_id=edition.id,
        mode=matters.Mode.RECEIVED.value,
        applicant_id=applicant,
        receiving_office_id=office_of(request).id,
        form=_first_answers(request, edition, applicant),
        key=form_key(request),
    )


def _register(request: Request, prefix: str) -> str:
    """Return the id of the person on the card, registered here if nowhere else."""
    card = _card(request, prefix)
    with told_at(_CONTROLS, prefix):
        return identity.register_person(
            acting=as_clerk(request),
            place_id=post_of(request).place_id,
            name=card.name,
            number_kind=card.kind,
            number=card.number,
            phone=card.phone,
            assurance=Assurance.BASIC,
        ).id


def _card(request: Request, prefix: str) -> _Card:
    try:
        kind = NumberKind(request.POST.get(f"{prefix}number_kind", NumberKind.RESIDENT.value))
    except ValueError:
        raise BadRequest from None
    return _Card(
        name=request.POST.get(f"{prefix}name", ""),
        kind=kind,
        number=request.POST.get(f"{prefix}number", ""),
        phone=request.POST.get(f"{prefix}phone", ""),
    )


def _first_answers(
    request: Request, edition: matters.EditionView, applicant: str
) -> dict[str, object]:
    """Return the form's defaults and what the card says; the phone as typed, else as known."""
    typed = re.sub(r"[\s-]", "", request.POST.get("phone", ""))
    person = identity.person_card(applicant)
    fresh = build_form(
        edition.form_schema,
        language=get_language() or "zh-hans",
        prefills={
            "person.name": Prefill(value=person.name),
            "person.phone": Prefill(value=typed or person.phone or None),
        },
    )
    answers = {one.name: one.value for section in fresh.sections for one in section.fields}
    return read_form(edition.form_schema, answers)
