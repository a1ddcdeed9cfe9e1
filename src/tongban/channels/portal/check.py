"""Checking once more what was filled in, and handing it in: the last step of an application.

The draft holds the answers and the files, so this form sends neither: only what was seen, and
that it is agreed to.
"""

from dataclasses import replace
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from tongban.cases import api as cases
from tongban.cases.api import CaseFile, Verb
from tongban.cases.errors import AssuranceTooLow, ConsentMissing, DraftChanged, Incomplete
from tongban.channels import casefile, problems
from tongban.channels.access import GET_POST, for_person
from tongban.channels.casefile import either
from tongban.channels.idempotency import form_key
from tongban.channels.parts import Field, MaterialRow
from tongban.channels.parts import Problem as ProblemLine
from tongban.channels.paths import address_of
from tongban.channels.portal.frame import (
    crumb,
    doing,
    needed_assurance,
    page,
    posted_seq,
    read_file,
    read_head,
)
from tongban.channels.visitor import Request
from tongban.kernel.errors import Refusal


@for_person(methods=GET_POST)
def check(request: Request, case_id: str) -> HttpResponse:
    """Show all that would be handed in; hand it in."""
    return _hand_in(request, case_id) if request.method == "POST" else _show(request, case_id)


def _hand_in(request: Request, case_id: str) -> HttpResponse:
    """Submit the draft. A repeat of what has been done is answered as the first time."""
    case = read_head(request, case_id)
    try:
        cases.submit(
            acting=doing(request, case),
            case=case,
            seq=posted_seq(request),
            seen=request.POST.get("seen", ""),
            consent=request.POST.get("consent") == "true",
            key=form_key(request),
        )
    except (AssuranceTooLow, ConsentMissing, DraftChanged, Incomplete) as refusal:
        return _show(request, case_id, refusal)
    return HttpResponseRedirect(f"{_case_url(case_id)}?done=submitted")


def _show(request: Request, case_id: str, refusal: Refusal | None = None) -> HttpResponse:
    """Show the draft, with a refusal if there is one; what lacks is shown where it is put right."""
    file = read_file(request, case_id)
    if Verb.SUBMIT not in file.verbs:
        return HttpResponseRedirect(_case_url(case_id))
    if cases.lacking(file):
        return HttpResponseRedirect(f"{reverse('portal:edit', args=[case_id])}?check=1")
    status = 200 if refusal is None else problems.STATUS[refusal.kind]
    return render(request, "portal/check.html", _context(request, file, refusal), status=status)


def _context(request: Request, file: CaseFile, refusal: Refusal | None) -> dict[str, Any]:
    title, title_lang = either(file.edition.title, file.edition.title_en)
    consent = _consent(request, missing=isinstance(refusal, ConsentMissing))
    crumbs = [
        crumb(gettext("我的办件"), "portal:mine"),
        crumb(title, "portal:edit", file.id),
        crumb(gettext("核对并提交")),
    ]
    return {
        **page(request, crumbs=crumbs),
        **needed_assurance(request, file),
        "file": file,
        "title": title,
        "title_lang": title_lang,
        "agency": either(file.agency.name, file.agency.name_en)[0],
        "sections": casefile.form_facts(file),
        "materials": _materials(file),
        "consent": consent,
        "clauses": [gettext(clause) for clause in cases.CONSENT_CLAUSES],
        "problems": [ProblemLine(message=consent.problem, target=consent.target)]
        if consent.problem
        else [],
        "changed": problems.text_of(refusal) if isinstance(refusal, DraftChanged) else None,
        "edit_url": reverse("portal:edit", args=[file.id]),
    }


def _case_url(case_id: str) -> str:
    return address_of("portal:case", case_id)


def _materials(file: CaseFile) -> list[MaterialRow]:
    """Return how each material comes, as the slip will say it."""
    came = cases.papers_came(
        file.edition, {view.material.key for view in file.materials if view.papers}
    )
    return [
        replace(
            casefile.material_row(
                view.material,
                documents=casefile.paper_links(view, file.id),
                came=came[view.material.key],
            ),
            standard="",
            source_note="",
        )
        for view in file.materials
        if view.material.key in came
    ]


def _consent(request: Request, *, missing: bool) -> Field:
    return Field(
        name="consent",
        label=gettext("我已阅读并同意《服务同意书》的全部内容"),
        kind="checkbox",
        required=True,
        value="true" if request.POST.get("consent") == "true" else "",
        problem=gettext("请阅读《服务同意书》，同意后勾选。") if missing else "",
    )
