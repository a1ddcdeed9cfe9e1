"""The one notice of everything to put right, where the agreement lets the window give it."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext

from tongban.cases import api as cases
from tongban.cases import errors as cases_errors
from tongban.cases.api import CaseFile, Verb, Wanted
from tongban.channels.access import GET_POST, for_staff
from tongban.channels.casefile import either, labelled, material_rows
from tongban.channels.idempotency import form_key
from tongban.channels.parts import Field, MaterialRow, Problem
from tongban.channels.schema_form import build_form
from tongban.channels.visitor import Request
from tongban.channels.window.page import (
    POWERS,
    TO_READ,
    as_clerk,
    case_trail,
    frame,
    posted_seq,
    read_file,
)
from tongban.channels.window.told import NOTHING, Told, told


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that the notice may name, with its tick and its words."""

    now: str
    tick: Field
    text: Field
    row: MaterialRow | None = None


@for_staff(*POWERS, methods=GET_POST)
def ask_correction(request: Request, case_id: str) -> HttpResponseBase:
    """Tick what is not right, say of each what is wanted, and tell it all at once."""
    file = read_file(request, case_id, TO_READ)
    if request.method != "POST":
        if Verb.ASK_CORRECTION not in file.verbs:
            return redirect("window:case", case_id)
        return _page(request, file, NOTHING)
    try:
        cases.ask_correction(
            acting=as_clerk(request),
            case_id=case_id,
            seq=posted_seq(request),
            wanted=_wanted(request, file),
            key=form_key(request),
        )
    except cases_errors.ReasonMissing as refused:
        return _page(request, file, _told_where_empty(request, file, refused))
    except (cases_errors.NoticeEmpty, cases_errors.NoticeWidened) as refused:
        return _page(request, file, told(refused, "notice"))
    return redirect(reverse("window:case", args=[case_id]) + "?done=ask_correction")


def _paths(file: CaseFile) -> list[str]:
    materials = [f"paper.{view.material.key}" for view in file.materials]
    return materials + [f"form.{name}" for name in file.edition.form_schema["properties"]]


def _wanted(request: Request, file: CaseFile) -> list[Wanted]:
    return [
        Wanted(path=path, text=request.POST.get(f"text.{path}", ""))
        for path in _paths(file)
        if request.POST.get(f"want.{path}") == "true"
    ]


def _told_where_empty(
    request: Request, file: CaseFile, refused: cases_errors.ReasonMissing
) -> Told:
    """Tell at each ticked line that is too short; which those are, the refusal's number says."""
    least = int(refused.fields["least"])
    one = told(refused, "")
    short = [wanted for wanted in _wanted(request, file) if len(wanted.text.strip()) < least]
    return Told(
        messages={f"text.{wanted.path}": one.at("") for wanted in short},
        codes=one.codes,
        status=one.status,
    )


def _page(request: Request, file: CaseFile, told: Told) -> HttpResponse:
    materials, questions = _material_lines(request, file, told), _field_lines(request, file, told)
    problems = [Problem(message=told.at("notice"))] if told.at("notice") else []
    problems += [
        Problem(message=labelled(line.tick.label, line.text.problem), target=line.text.target)
        for line in (*materials, *questions)
        if line.text.problem
    ]
    context = {
        **frame(request, "ledger", *case_trail(file, gettext("一次性告知补正"))),
        "file": file,
        "matter": either(file.edition.title, file.edition.title_en)[0],
        "materials": materials,
        "questions": questions,
        "problems": problems,
        "code": " ".join(told.codes),
        "back_to_case": reverse("window:case", args=[file.id]),
    }
    return render(request, "window/notice.html", context, status=told.status)


def _material_lines(request: Request, file: CaseFile, told: Told) -> tuple[Line, ...]:
    return tuple(
        _line(request, told, f"paper.{row.key}", row.title, row.title_lang, row.state_label, row)
        for row in material_rows(file)
    )


def _field_lines(request: Request, file: CaseFile, told: Told) -> tuple[Line, ...]:
    form = build_form(
        file.edition.form_schema, language=get_language() or "zh-hans", values=file.form
    )
    return tuple(
        _line(request, told, f"form.{one.name}", one.label, one.label_lang, _answer(one), None)
        for section in form.sections
        for one in section.fields
    )


def _answer(one: Field) -> str:
    chosen = [choice.label for choice in one.choices if choice.selected]
    return chosen[0] if chosen else one.value


def _line(
    request: Request,
    told: Told,
    path: str,
    title: str,
    title_lang: str,
    now: str,
    row: MaterialRow | None,
) -> Line:
    name = f"text.{path}"
    more: dict[str, Any] = {"problem": told.at(name), "value": request.POST.get(name, "")}
    return Line(
        now=now,
        row=row,
        tick=Field(
            name=f"want.{path}",
            label=title,
            label_lang=title_lang,
            kind="checkbox",
            required=True,
            value=request.POST.get(f"want.{path}", ""),
        ),
        text=Field(
            name=name,
            label=gettext("补正要求：{title}").format(title=title),
            kind="text",
            required=True,
            autocomplete="off",
            **more,
        ),
    )
