"""Following a case: where it stands, what happened, where the papers are, who looked."""

from dataclasses import replace
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from tongban.cases import api as cases
from tongban.cases.api import CaseFile, CaseHead, Verb
from tongban.channels import casefile
from tongban.channels.access import GET_POST, POST, for_person
from tongban.channels.casefile import either
from tongban.channels.idempotency import form_key
from tongban.channels.parts import Fact, Field, MaterialRow, Pager
from tongban.channels.portal.frame import (
    crumb,
    doing,
    page,
    posted_seq,
    read_file,
    read_head,
    today,
)
from tongban.channels.visitor import Request
from tongban.delivery.api import Holder, HolderKind, ItemState
from tongban.evidence import api as evidence
from tongban.evidence.api import LookView

_LOOKS = 200
_LONGEST_ID = 49
_DONE = frozenset({"submitted", "corrected", "withdrawn", "delivered", "received"})


@for_person()
def show(request: Request, case_id: str) -> HttpResponse:
    """Show one case to its applicant or their agent."""
    file = read_file(request, case_id)
    looks, pager = _looks(file, request.GET.get("older", "")[:_LONGEST_ID])
    moves = casefile.known_moves(file)
    actors = casefile.known_actors(file, looks, moves)
    done = request.GET.get("done", "")
    title, title_lang = either(file.edition.title, file.edition.title_en)
    context = {
        **page(request, crumbs=[crumb(gettext("我的办件"), "portal:mine"), crumb(title)]),
        "file": file,
        "abroad": casefile.abroad_words(file, always=False),
        "title": title,
        "title_lang": title_lang,
        "status": casefile.state_words(file.state, file.outcome),
        "steps": casefile.steps(file),
        "clock": casefile.clock(file),
        "clock_title": casefile.clock_title(file),
        "sentence": casefile.clock_sentence(file),
        "facts": _facts(file),
        "events": casefile.timeline(file, actors),
        "records": casefile.record_links(file.records),
        "custody": casefile.custody_rows(file, moves, actors, today()),
        "parcels": _parcels(file),
        "materials": _materials(file),
        "form": casefile.form_facts(file),
        "looks": casefile.look_rows(
            looks, file, actors, receipts=request.visitor.person_id == file.applicant.id
        ),
        "pager": pager,
        "may": _may(file),
        "done": done if done in _DONE else "",
    }
    return render(request, "portal/case.html", context)


@for_person(methods=GET_POST)
def withdraw(request: Request, case_id: str) -> HttpResponse:
    """Ask once more, then take the application back."""
    head = read_head(request, case_id)
    if request.method == "POST":
        cases.withdraw(
            acting=doing(request, head),
            case_id=case_id,
            seq=posted_seq(request),
            reason=request.POST.get("reason", ""),
            key=form_key(request),
        )
        return _back(case_id, "withdrawn")
    context = _question(request, head) | {
        "title": gettext("撤回这份申请？"),
        "text": gettext("撤回后办理即终止，不能恢复；需要时可以重新申请。"),
        "fields": [
            Field(
                name="reason",
                label=gettext("撤回原因"),
                kind="textarea",
                help=gettext("不填也可以撤回。"),
                max_length=500,
            )
        ],
        "confirm_label": gettext("确认撤回"),
        "grave": True,
    }
    return render(request, "confirm.html", context)


@for_person(methods=GET_POST)
def receipt(request: Request, case_id: str) -> HttpResponse:
    """Ask once more, then confirm that the result is in the person's hands (送达回证)."""
    if request.method == "POST":
        cases.deliver(
            acting=doing(request, read_head(request, case_id)),
            case_id=case_id,
            seq=posted_seq(request),
            key=form_key(request),
        )
        return _back(case_id, "delivered")
    file = read_file(request, case_id)
    away = [item for item in file.custody if item.state is not ItemState.HANDED_OVER]
    context = _question(request, file) | {
        "title": gettext("确认已经收到结果？"),
        "text": gettext("确认后生成送达回证，办理全部结束。"),
        "warning": gettext("还有 {count} 件证照或原件没有交到您手中，收到后再确认。").format(
            count=len(away)
        )
        if away
        else "",
        "confirm_label": gettext("确认收到"),
    }
    return render(request, "confirm.html", context)


@for_person(methods=POST)
def received(request: Request, case_id: str, item_id: str) -> HttpResponse:
    """Confirm that one parcel came; to say it again changes nothing."""
    cases.hand_over(
        acting=doing(request, read_head(request, case_id)),
        case_id=case_id,
        item_id=item_id,
        seq=posted_seq(request),
    )
    return _back(case_id, "received")


def _back(case_id: str, done: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('portal:case', args=[case_id])}?done={done}")


def _question(request: Request, case: CaseFile | CaseHead) -> dict[str, Any]:
    """Return what the two questions have in common."""
    title, lang = either(case.edition.title, case.edition.title_en)
    back = reverse("portal:case", args=[case.id])
    status = casefile.state_words(case.state)
    facts = [
        Fact(label=gettext("事项"), value=title, value_lang=lang),
        Fact(label=gettext("办件编号"), value=case.number or gettext("尚未编号")),
        Fact(label=gettext("状态"), value=status.label),
    ]
    return page(request) | {
        "back_url": back,
        "back_label": gettext("返回办件"),
        "action_url": request.path,
        "hidden": [("seq", case.seq)],
        "facts": facts,
        "layout": "portal/base.html",
    }


def _looks(file: CaseFile, older: str) -> tuple[list[LookView], Pager]:
    """Return the looks in the case, those older than this one if it is named, a page of them."""
    me = file.applicant.id
    before = evidence.look_at(person_id=me, look_id=older) if older else None
    found = evidence.looks_at(person_id=me, case_id=file.id, before=before, limit=_LOOKS + 1)
    shown, here = found[:_LOOKS], reverse("portal:case", args=[file.id])
    more = len(found) > _LOOKS
    return shown, Pager(
        first_url=f"{here}#looks" if before else "",
        next_url=f"{here}?older={shown[-1].id}#looks" if more else "",
        shown=len(shown),
    )


def _may(file: CaseFile) -> dict[str, bool]:
    """Return what the person can do now.

    A draft that a window began is filled in at that window; it can only be withdrawn here.
    """
    return {
        "fill_in": Verb.SUBMIT in file.verbs,
        "correct": Verb.CORRECT in file.verbs,
        "withdraw": Verb.WITHDRAW in file.verbs,
        "confirm": Verb.DELIVER in file.verbs,
    }


def _parcels(file: CaseFile) -> list[dict[str, object]]:
    """Return the parcels on their way to the applicant, who can confirm that they came."""
    to = Holder(HolderKind.PERSON, file.applicant.id)
    return [
        {
            "label": casefile.item_words(item.label, file),
            "carrier": item.carrier,
            "waybill": item.waybill,
            "url": reverse("portal:received", args=[file.id, item.id]),
            "seq": item.seq,
        }
        for item in file.custody
        if item.state is ItemState.IN_TRANSIT and item.addressee == to
    ]


def _materials(file: CaseFile) -> list[MaterialRow]:
    """Return what was handed in or is still to come; the standards stand in the guide."""
    return [
        replace(row, needs=(), standard="", source_note="")
        for row in casefile.material_rows(file)
        if row.state_label
    ]


def _facts(file: CaseFile) -> list[Fact]:
    agency, agency_lang = either(file.agency.name, file.agency.name_en)
    facts = [
        Fact(label=gettext("申请人"), value=file.applicant.name, note=file.applicant.masked_number),
        Fact(label=gettext("办理机关"), value=agency, value_lang=agency_lang),
        Fact(label=gettext("办理方式"), value=casefile.mode_words(file.mode)),
    ]
    if file.agent is not None:
        facts.insert(1, Fact(label=gettext("代理人"), value=casefile.person_words(file.agent)))
    if file.office is not None:
        office, office_lang = either(file.office.name, file.office.name_en)
        facts.append(Fact(label=gettext("收件窗口"), value=office, value_lang=office_lang))
    if file.licence_number:
        facts.append(Fact(label=gettext("证照编号"), value=file.licence_number))
    return facts
