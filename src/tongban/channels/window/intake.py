"""The form beside the checklist: taking a draft in, and correcting for the applicant."""

from dataclasses import replace

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from tongban.cases import api as cases
from tongban.cases import errors as cases_errors
from tongban.cases.api import CaseHead, State, Verb
from tongban.channels.access import GET_POST, POST, for_staff
from tongban.channels.idempotency import form_key
from tongban.channels.problems import STATUS
from tongban.channels.visitor import Request
from tongban.channels.window import intake_form, uploads
from tongban.channels.window.intake_form import Typed
from tongban.channels.window.originals import posted_originals
from tongban.channels.window.page import (
    POWERS,
    TO_RECEIVE,
    as_clerk,
    case_trail,
    for_applicant,
    frame,
    posted_seq,
    read_file,
    read_head,
)
from tongban.channels.window.told import NOTHING, Told, ToldAt, told_at
from tongban.kernel.errors import Refusal
from tongban.matters import api as matters

_CONTROLS: dict[type[Refusal], str] = {
    cases_errors.PresenceMissing: "presence",
    cases_errors.ConsentMissing: "consent",
    cases_errors.FormTooLarge: "form",
    cases_errors.TextRefused: "form",
}


@for_staff(*POWERS, methods=GET_POST)
def intake(request: Request, case_id: str) -> HttpResponseBase:
    """Fill in the form, check each material, take originals, and receive."""
    return _either(request, case_id, Verb.RECEIVE)


@for_staff(*POWERS, methods=GET_POST)
def correct(request: Request, case_id: str) -> HttpResponseBase:
    """Answer the notice for the applicant who stands here."""
    return _either(request, case_id, Verb.CORRECT)


@for_staff(*POWERS, methods=POST)
def remove(request: Request, case_id: str, paper_id: str) -> HttpResponseBase:
    """Take a file off the checklist; what was typed in the form around it is kept."""
    head = read_head(request, case_id)
    cases.remove_paper(acting=as_clerk(request), case_id=case_id, paper_id=paper_id)
    _keep(request, head, Typed.posted(request, head.edition))
    key = request.GET.get("material", "")
    known = key in {material.key for material in head.edition.materials}
    return redirect(_address(head) + (f"#m-{key}" if known else ""))


def _either(request: Request, case_id: str, verb: Verb) -> HttpResponseBase:
    head = read_head(request, case_id)
    if request.method == "POST":
        return _posted(request, head, verb)
    if verb not in head.verbs:
        return redirect("window:case", case_id)
    return _page(request, case_id, None, NOTHING)


def _posted(request: Request, head: CaseHead, verb: Verb) -> HttpResponseBase:
    """Take the chosen files first, then do what was pressed.

    A form sent twice finds the case moved on: its files are in already, and the verb answers as
    it did the first time.
    """
    typed = Typed.posted(request, head.edition)
    if uploads.chosen(request) and verb in head.verbs:
        kept = uploads.keep(request, head.id)
        if kept.messages:
            return _page(request, head.id, typed, kept)
    try:
        if request.POST.get("do") == "save":
            _keep(request, head, typed)
            return redirect(_address(head))
        done = _finish(request, head, typed, verb)
    except cases_errors.Incomplete as refused:
        return _page(request, head.id, typed, _incomplete(refused))
    except ToldAt as refused:
        if verb not in head.verbs:  # the form is no more there to say it
            raise refused.refusal from refused
        return _page(request, head.id, typed, _with_form(refused.told, head, typed))
    if verb is Verb.RECEIVE:
        return redirect(_slip(request, done.case_id))
    return redirect(reverse("window:case", args=[done.case_id]) + "?done=correct")


def _finish(request: Request, head: CaseHead, typed: Typed, verb: Verb) -> cases.Done:
    acting = for_applicant(request, head)
    seq, key = posted_seq(request), form_key(request)
    if verb is Verb.CORRECT:
        with told_at(_CONTROLS):
            return cases.correct(acting=acting, case_id=head.id, seq=seq, form=typed.form, key=key)
    originals = posted_originals(request, head.edition)
    with told_at(_CONTROLS):
        return cases.receive(
            acting=acting,
            case_id=head.id,
            seq=seq,
            form=typed.form,
            originals=originals,
            consent=typed.consent,
            key=key,
        )


def _keep(request: Request, head: CaseHead, typed: Typed) -> None:
    """Keep what was typed into a draft; a correction has no draft, its form stays as it was."""
    if head.state is State.DRAFT:
        with told_at(_CONTROLS):
            cases.save_draft(acting=for_applicant(request, head), case_id=head.id, form=typed.form)


def _address(head: CaseHead) -> str:
    name = "correct" if head.state is State.CORRECTING else "intake"
    return reverse(f"window:{name}", args=[head.id])


def _slip(request: Request, case_id: str) -> str:
    """Return the address of the slip, to print it; the file if there is none."""
    slip_id = cases.record_id(acting=as_clerk(request), case_id=case_id, kind="slip")
    if slip_id is None:
        return reverse("window:case", args=[case_id])
    return reverse("papers:record", args=[slip_id])


def _incomplete(refused: cases_errors.Incomplete) -> Told:
    messages = {one.path.removeprefix("form."): gettext(one.message) for one in refused.problems}
    return Told(messages=messages, codes=(refused.code,), status=STATUS[refused.kind])


def _with_form(told: Told, head: CaseHead, typed: Typed) -> Told:
    """Add what is wrong with the form, so that a clerk is told everything at once."""
    wrong = {one.path: one.message for one in matters.check_form(head.edition, typed.form)}
    return replace(told, messages={**wrong, **told.messages})


def _page(request: Request, case_id: str, typed: Typed | None, told: Told) -> HttpResponse:
    """Show form and checklist with what was typed, or with what is kept."""
    file = read_file(request, case_id, TO_RECEIVE)
    receiving = file.state is State.DRAFT
    title = gettext("收件登记") if receiving else gettext("代为补正")
    shown = Typed.kept(file) if typed is None else typed
    context = {
        **frame(request, "new" if receiving else "", *case_trail(file, title)),
        **intake_form.context(file, shown, told, receiving=receiving),
        "title": title,
    }
    return render(request, "window/intake.html", context, status=told.status)
