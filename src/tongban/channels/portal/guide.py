"""A matter's guide 办事指南 before one applies, and the button that begins an application."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext

from tongban.agreements import api as agreements
from tongban.agreements.api import OpeningView
from tongban.agreements.errors import AgreementEnded, NoAgreement
from tongban.cases import api as cases
from tongban.channels.access import POST, for_person, open_to_all
from tongban.channels.casefile import either, limit_words, material_row
from tongban.channels.idempotency import form_key
from tongban.channels.parts import Choice, Fact, Field
from tongban.channels.paths import address_with_next
from tongban.channels.portal.frame import crumb, page, today
from tongban.channels.visitor import Request
from tongban.federation import api as federation
from tongban.identity import api as identity
from tongban.identity.api import MandateView, ScopeKind
from tongban.identity.errors import MandateMissing
from tongban.kernel.acting import Channel
from tongban.matters import api as matters
from tongban.matters.api import EditionView
from tongban.places import api as places
from tongban.places.api import OfficeView


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """An office whose window takes papers in for the deciding agency."""

    name: str
    place: str
    address: str
    sample: bool


@open_to_all(reason="The guide of a published matter is public (行政许可法 art. 30).")
def guide(request: Request, edition_id: str) -> HttpResponse:
    """Show conditions, materials, limits, fee and result of a matter in a place."""
    edition = matters.require_open(edition_id)
    place, agency = places.place(edition.place_id), places.agency(edition.agency_id)
    title, title_lang = either(edition.title, edition.title_en)
    conditions, conditions_lang = either(edition.conditions, edition.conditions_en)
    online = _opening(edition, None)
    context = {
        **page(request, crumbs=[crumb(title)]),
        "title": title,
        "title_lang": title_lang,
        "edition": edition,
        "place": either(place.full_name, place.full_name_en)[0],
        "agency": either(agency.name, agency.name_en)[0],
        "agency_sample": agency.sample,
        "conditions": conditions,
        "conditions_lang": conditions_lang,
        "materials": [material_row(material) for material in edition.materials],
        "limits": list(_limits(edition)),
        "outcome": list(_outcome(edition)),
        "windows": list(_windows(edition, online)),
        "agreement": None if online is None else _agreement_words(online),
        "open_online": online is not None and matters.Mode.ONLINE in edition.modes,
        "elsewhere": _portal_elsewhere(edition),
        "on_behalf": _on_behalf(request, edition),
        "login_url": address_with_next("entry:login", request.path),
    }
    return render(request, "portal/guide.html", context)


@for_person(methods=POST)
def apply(request: Request, edition_id: str) -> HttpResponse:
    """Begin an application for oneself, or for someone who gave a mandate."""
    applicant_id, mandate_id = str(request.visitor.person_id), None
    chosen = request.POST.get("mandate", "")
    if chosen:
        mandate = _mandate(request, chosen)
        applicant_id, mandate_id = mandate.principal_id, mandate.id
    done = cases.draft(
        acting=request.visitor.acting(
            Channel.PORTAL,
            on_behalf_of=applicant_id if mandate_id else None,
            mandate_id=mandate_id,
        ),
        edition_id=edition_id,
        mode=matters.Mode.ONLINE.value,
        applicant_id=applicant_id,
        form={},
        key=form_key(request),
    )
    return HttpResponseRedirect(reverse("portal:edit", args=[done.case_id]))


def _portal_elsewhere(edition: EditionView) -> str:
    """Return where to apply online for what another node decides, "" for this one."""
    address = federation.address_of(edition.place_id)
    if address is None:
        return ""
    return f"{address}/?{urlencode({'q': edition.title, 'place': edition.place_id})}"


def _mandate(request: Request, mandate_id: str) -> MandateView:
    held = identity.mandates_of(str(request.visitor.person_id))
    for mandate in held:
        if mandate.id == mandate_id and mandate.agent_id == request.visitor.person_id:
            return mandate
    raise MandateMissing


def _opening(edition: EditionView, receiving_place_id: str | None) -> OpeningView | None:
    try:
        return agreements.opening(
            matter_code=edition.matter_code,
            deciding_place_id=edition.place_id,
            receiving_place_id=receiving_place_id,
            mode="online" if receiving_place_id is None else "received",
            on=today(),
        )
    except (NoAgreement, AgreementEnded):
        return None


def _agreement_words(online: OpeningView) -> Fact:
    title, lang = either(online.agreement_title, online.agreement_title_en)
    return Fact(label=gettext("依据协议"), value=title, value_lang=lang, sample=online.sample)


def _windows(edition: EditionView, online: OpeningView | None) -> Iterator[Window]:
    """Yield the offices that take papers in for this matter, in the agreement's other places.

    One statement for each party of the agreement.
    """
    if online is None or matters.Mode.RECEIVED not in edition.modes:
        return
    for party_id in agreements.agreement(online.agreement_id).party_ids:
        if party_id == edition.place_id or _opening(edition, party_id) is None:
            continue
        yield from map(_window, places.offices_in(party_id))


def _window(office: OfficeView) -> Window:
    place = places.place(office.place_id)
    return Window(
        name=either(office.name, office.name_en)[0],
        place=either(place.full_name, place.full_name_en)[0],
        address=office.address,
        sample=office.sample,
    )


def _limits(edition: EditionView) -> Iterator[Fact]:
    yield Fact(
        label=gettext("答复是否受理"),
        value=limit_words(edition.receive_answer_limit),
        note=gettext("自收到申请材料次日起；需要补正的，一次性告知全部内容。"),
        sample="receive_answer_limit" in edition.samples,
    )
    if edition.promised is not None:
        yield Fact(
            label=gettext("承诺作出决定"),
            value=limit_words(edition.promised.limit),
            note=gettext("自受理次日起。"),
            sample=edition.promised.sample,
        )
    yield Fact(
        label=gettext("法定作出决定"),
        value=limit_words(edition.statutory.limit),
        note=edition.statutory.basis,
        note_lang=either(edition.statutory.basis, "")[1],
        sample=edition.statutory.sample,
    )
    yield Fact(
        label=gettext("送达结果"),
        value=limit_words(edition.deliver_limit),
        note=gettext("自作出决定之日起。"),
        sample="deliver_limit" in edition.samples,
    )


def _outcome(edition: EditionView) -> Iterator[Fact]:
    result, result_lang = either(edition.result.title, edition.result.title_en)
    yield Fact(
        label=gettext("办理结果"),
        value=result,
        value_lang=result_lang,
        sample=edition.result.sample,
    )
    fee, fee_lang = either(edition.fee.text, edition.fee.text_en)
    yield Fact(
        label=gettext("收费"),
        value=fee or (gettext("收费") if edition.fee.charged else gettext("不收费")),
        value_lang=fee_lang,
        note=edition.fee.basis,
        note_lang=either(edition.fee.basis, "")[1],
        sample=edition.fee.sample,
    )


def _on_behalf(request: Request, edition: EditionView) -> Field | None:
    """Return the question for whom one applies, None where there is nobody but oneself."""
    if not request.visitor.is_person:
        return None
    me = str(request.visitor.person_id)
    held = [
        mandate
        for mandate in identity.mandates_of(me)
        if mandate.agent_id == me and _usable(mandate, edition)
    ]
    if not held:
        return None
    names = identity.masked_names({mandate.principal_id for mandate in held})
    choices = [Choice(value="", label=gettext("为本人办理"), selected=True)]
    choices += [
        Choice(
            value=mandate.id,
            label=gettext("受 {name} 委托办理").format(name=names.get(mandate.principal_id, "")),
        )
        for mandate in held
    ]
    return Field(
        name="mandate",
        label=gettext("为谁办理"),
        kind="radio",
        required=True,
        choices=tuple(choices),
        width="l",
    )


def _usable(mandate: MandateView, edition: EditionView) -> bool:
    """Tell whether to offer a mandate; whether it holds is asked again by the verb."""
    in_force = mandate.withdrawn_at is None and mandate.starts_on <= today() <= mandate.ends_on
    scope = mandate.scope
    return in_force and (
        scope.kind is ScopeKind.ANY
        or (scope.kind is ScopeKind.MATTER and scope.id == edition.matter_code)
    )
