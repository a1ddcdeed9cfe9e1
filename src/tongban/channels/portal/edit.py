"""Filling in an application, or answering a correction notice, on one page.

Any button takes in the files that came along, so that a file chosen is never lost for pressing
another button. Nothing typed is lost either: a refusal comes back on the same page.
"""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from tongban.cases import api as cases
from tongban.cases.api import CaseFile, CaseHead, State
from tongban.cases.errors import (
    FormTooLarge,
    Incomplete,
    PaperUnknown,
    Stale,
    TextRefused,
    TooManyFiles,
)
from tongban.channels import problems
from tongban.channels.access import GET_POST, for_person
from tongban.channels.idempotency import form_key
from tongban.channels.portal.edit_page import FILE_PREFIX, Trouble, is_open, shown
from tongban.channels.portal.frame import doing, posted_seq, read_file, read_head
from tongban.channels.schema_form import read_form
from tongban.channels.visitor import Request
from tongban.documents import errors as documents
from tongban.kernel.acting import Acting
from tongban.kernel.errors import Refusal

_FILE_REFUSED = (
    documents.TooLarge,
    documents.Empty,
    documents.UnsupportedType,
    documents.Disguised,
    documents.BadName,
    documents.ActiveContent,
    TooManyFiles,
)

_FORM_REFUSED = (FormTooLarge, TextRefused)

_CHECK, _CORRECT, _UPLOAD = "check", "correct", "upload:"


@for_person(methods=GET_POST)
def edit(request: Request, case_id: str) -> HttpResponse:
    """Show the form and its materials; take what is sent back."""
    if request.method == "POST":
        return _take(request, read_head(request, case_id))
    file = read_file(request, case_id)
    if not is_open(file):
        return HttpResponseRedirect(_case_url(file))
    values = file.form or None  # an empty form has never been saved: it takes the prefills
    trouble = Trouble.of(cases.lacking(file) if _sent_back(request, file) else (), 200)
    return render(request, "portal/edit.html", shown(request, file, values, trouble))


def _sent_back(request: Request, file: CaseFile) -> bool:
    """Tell whether the page that checks a draft has sent the reader here: something lacks."""
    return request.GET.get("check") == "1" and file.state is State.DRAFT


def _take(request: Request, case: CaseHead) -> HttpResponse:
    data = read_form(case.edition.form_schema, request.POST)
    asked = request.POST.get("do", "")
    if asked == _CORRECT and "remove" not in request.GET:
        return _correct(request, case, data)
    if posted_seq(request) != case.seq or not is_open(case):
        raise Stale(seq=case.seq)
    acting = doing(request, case)
    refusal = _keep(acting, case, data)
    trouble = _attach_all(request, acting, case)
    if refusal is not None:
        trouble.refusal, trouble.status = refusal, _status(refusal)
    if asked.startswith(_UPLOAD) and not request.FILES:
        trouble.add(asked.removeprefix(_UPLOAD), gettext("请先选择文件，再上传。"), 400)
    if "remove" in request.GET:
        cases.remove_paper(acting=acting, case_id=case.id, paper_id=request.GET["remove"])
    if trouble.papers or trouble.refusal or case.state is not State.DRAFT:
        # A correction has no draft to keep what was typed: the page comes back with it.
        return _again(request, case.id, data, trouble)
    if asked == _CHECK and "remove" not in request.GET:
        return HttpResponseRedirect(reverse("portal:check", args=[case.id]))
    return HttpResponseRedirect(_edit_url(case, asked))


def _correct(request: Request, case: CaseHead, data: dict[str, Any]) -> HttpResponse:
    """Answer the notice. A repeat of what has been done is answered as the first time."""
    acting, seq, key = doing(request, case), posted_seq(request), form_key(request)
    current = seq == case.seq and is_open(case)
    trouble = _attach_all(request, acting, case) if current else Trouble()
    if trouble.papers:
        return _again(request, case.id, data, trouble)
    try:
        cases.correct(acting=acting, case_id=case.id, seq=seq, form=data, key=key)
    except Incomplete as refusal:
        trouble = Trouble.of(refusal.problems, _status(refusal))
    except _FORM_REFUSED as refusal:
        trouble = Trouble(refusal=refusal, status=_status(refusal))
    else:
        return HttpResponseRedirect(f"{_case_url(case)}?done=corrected")
    return _again(request, case.id, data, trouble)


def _keep(acting: Acting, case: CaseHead, data: dict[str, Any]) -> Refusal | None:
    """Keep what was typed in the draft, if it is one; return why it can't be kept, if so."""
    if case.state is State.DRAFT:
        try:
            cases.save_draft(acting=acting, case_id=case.id, form=data)
        except _FORM_REFUSED as refusal:
            return refusal
    return None


def _attach_all(request: Request, acting: Acting, case: CaseHead) -> "Trouble":
    """Take in every file that came along; what is refused is told at its material."""
    trouble = Trouble()
    for name in request.FILES:
        key = name.removeprefix(FILE_PREFIX)
        for sent in request.FILES.getlist(name):
            if key == name or not isinstance(sent, UploadedFile):
                raise PaperUnknown
            try:
                cases.attach(
                    acting=acting,
                    case_id=case.id,
                    material_key=key,
                    stream=sent.chunks(),
                    filename=sent.name or "",
                )
            except _FILE_REFUSED as refusal:
                what, todo = problems.text_of(refusal)
                trouble.add(key, f"{what}{todo}", _status(refusal))
    return trouble


def _status(refusal: Refusal) -> int:
    return problems.STATUS[refusal.kind]


def _again(
    request: Request, case_id: str, data: dict[str, Any], trouble: "Trouble"
) -> HttpResponse:
    """Return the page with what was typed, after the files that did get in."""
    context = shown(request, read_file(request, case_id), data, trouble)
    return render(request, "portal/edit.html", context, status=trouble.status)


def _case_url(case: CaseFile | CaseHead) -> str:
    return reverse("portal:case", args=[case.id])


def _edit_url(case: CaseHead, asked: str) -> str:
    """Return where the page opens again: at the material whose button was pressed."""
    anchor = f"#m-{asked.removeprefix(_UPLOAD)}" if asked.startswith(_UPLOAD) else ""
    return f"{reverse('portal:edit', args=[case.id])}?saved=1{anchor}"
