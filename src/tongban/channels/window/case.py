"""One case at the window: what it is, where it stands, and what can be done about it here."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.utils.translation import gettext

from tongban.cases.api import CaseFile
from tongban.channels import casefile
from tongban.channels.access import for_staff
from tongban.channels.parts import Fact
from tongban.channels.visitor import Request
from tongban.channels.window.page import POWERS, TO_READ, case_trail, frame, post_of, read_file
from tongban.channels.window.told import NOTHING, Told
from tongban.channels.window.verb_forms import Asked, papers, verb_forms
from tongban.kernel import clock
from tongban.kernel.errors import mark

_DONE = {
    "correct": mark("已代为补正，办理机关重新开始答复期限。"),
    "ask_correction": mark("已一次性告知，请把补正告知书交给申请人。"),
    "hand_again": mark("已重新移交，等待对方确认。"),
    "settle": mark("已登记核对，并重新告知对方。"),
    "compared": mark("已登记原件去向；请接着登记核对。"),
    "withdraw": mark("已撤回。收存的原件请当面交还申请人。"),
    "void": mark("已作废。收存的原件请当面交还申请人。"),
    "deliver": mark("已送达，请申请人在送达回证上签字。"),
    "dispatch": mark("已登记寄出。"),
    "sign": mark("已签收。"),
    "send_back": mark("已登记退回。"),
    "lost": mark("已报告遗失，申请人可以看到。"),
    "hand_over": mark("已登记交还。"),
}


@for_staff(*POWERS)
def case(request: Request, case_id: str) -> HttpResponse:
    """Show the file of a case that this office took in."""
    return show(request, read_file(request, case_id, TO_READ), NOTHING)


def show(request: Request, file: CaseFile, told: Told) -> HttpResponse:
    """Show the file; ``told`` is what a form on it was answered, with what was typed kept."""
    asked = Asked(file=file, post=post_of(request), typed=request.POST.dict(), told=told)
    known = casefile.known_moves(file)
    actors = casefile.known_actors(file, moves=known)
    forms = verb_forms(asked)
    in_custody = papers(asked, known, actors, localdate(clock.now()))
    rows = casefile.material_rows(file)
    title, title_lang = casefile.either(file.edition.title, file.edition.title_en)
    done = _DONE.get(request.GET.get("done", ""))
    context = {
        **frame(request, "ledger", *case_trail(file)),
        "file": file,
        "abroad": casefile.abroad_words(file),
        "applicant": casefile.person_words(file.applicant),
        "matter": title,
        "matter_lang": title_lang,
        "status": casefile.state_words(file.state, file.outcome),
        "clock": casefile.clock(file),
        "clock_title": casefile.clock_title(file),
        "clock_sentence": casefile.clock_sentence(file),
        "steps": casefile.steps(file),
        "forms": forms,
        "papers": in_custody,
        "rows": tuple(row for row in rows if row.state_label),
        "not_given": tuple(row for row in rows if not row.state_label),
        "answers": casefile.form_facts(file),
        "records": casefile.record_links(file.records),
        "events": casefile.timeline(file, actors),
        "facts": (*_person(file), *_facts(file)),
        "problems": tuple(
            problem
            for form in (*forms, *(one for paper in in_custody for one in paper.forms))
            for problem in form.problems
        ),
        "code": " ".join(told.codes),
        "done": gettext(done) if done else "",
    }
    return render(request, "window/case.html", context, status=told.status)


def _person(file: CaseFile) -> tuple[Fact, ...]:
    applicant = file.applicant
    facts = [
        Fact(label=gettext("申请人"), value=casefile.person_words(applicant)),
    ]
    if not applicant.erased:
        facts += [
            Fact(label=gettext("证件号码"), value=applicant.number),
            Fact(label=gettext("手机号码"), value=applicant.phone or gettext("未登记")),
        ]
    if file.agent is not None:
        facts.append(
            Fact(
                label=gettext("代理人"),
                value=casefile.person_words(file.agent),
                note=gettext("凭授权委托书办理"),
            )
        )
    return tuple(facts)


def _facts(file: CaseFile) -> tuple[Fact, ...]:
    def either(one: Any) -> str:  # noqa: ANN401 - a place, an agency or an office
        return casefile.either(one.name, one.name_en)[0]

    place = casefile.either(file.place.full_name, file.place.full_name_en)[0]
    facts = [
        Fact(label=gettext("办理地"), value=place, sample=file.place.sample),
        Fact(label=gettext("办理机关"), value=either(file.agency), sample=file.agency.sample),
        Fact(label=gettext("通办模式"), value=casefile.mode_words(file.mode)),
    ]
    if file.licence_number:
        facts.append(Fact(label=gettext("证照编号"), value=file.licence_number))
    return tuple(facts)
