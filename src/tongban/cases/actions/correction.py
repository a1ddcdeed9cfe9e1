"""The office's one notice of everything missing, and the applicant's answer."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tongban.cases.actions.answering import (
    refuse_if_silent,
    start_answer_clock,
    stop_answer_clock,
)
from tongban.cases.actions.drafting import bounded
from tongban.cases.actions.frame import Done, Step, perform
from tongban.cases.actions.intake import require_none
from tongban.cases.actions.papers import papers_by_material
from tongban.cases.actions.records import make_record
from tongban.cases.errors import NoticeEmpty, PaperUnknown
from tongban.cases.models import CaseEvent
from tongban.cases.queries.lacking import form_problems, paper_problems, papers_came
from tongban.cases.rules import check_notice, check_reason
from tongban.cases.transitions import State, Verb
from tongban.kernel.acting import Acting
from tongban.matters import api as matters


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One thing to put right: ``path`` is ``form.<field>`` or ``paper.<material key>``."""

    path: str
    text: str


def ask_correction(
    *, acting: Acting, case_id: str, seq: int, wanted: Sequence[Wanted], key: str
) -> Done:
    """Tell the applicant once, in writing, everything that must be put right (art. 32(4)).

    A second notice may only repeat what the first named and what is still not right. Errors:
    NoticeEmpty, ReasonMissing (a line without words), PaperUnknown, NoticeWidened, the frame's.
    """

    def own(step: Step) -> None:
        refuse_if_silent(step)
        if not wanted or len({one.path for one in wanted}) < len(wanted):
            raise NoticeEmpty
        titles = _titles(step)
        unknown = [one.path for one in wanted if one.path not in titles]
        if unknown:
            raise PaperUnknown
        check_notice([one.path for one in wanted], _first_notice(step))
        lines = [
            {"path": one.path, "title": titles[one.path], "text": check_reason(one.text)}
            for one in wanted
        ]
        stop_answer_clock(step)
        step.payload["wanted"] = [one.path for one in wanted]
        step.personal["lines"] = lines
        make_record(step, "correction", {"lines": lines})

    return perform(
        verb=Verb.ASK_CORRECTION,
        acting=acting,
        case_id=case_id,
        seq=seq,
        key=key,
        request={"wanted": [asdict(one) for one in wanted]},
        own=own,
    )


def correct(*, acting: Acting, case_id: str, seq: int, form: dict[str, Any], key: str) -> Done:
    """Hand in what the notice asked for; the five days to answer start anew.

    Errors: Incomplete, and the frame's.
    """
    form = bounded(matters.normalised_form(form))

    def own(step: Step) -> None:
        case = step.case
        came = papers_came(step.edition, papers_by_material(step))
        received = case.mode == "received"
        lacks = [] if received else paper_problems(came)
        require_none([*form_problems(step.edition, form), *lacks])
        step.state = State.RECEIVED if received else State.SUBMITTED
        case.form_seq = step.seq
        step.personal["form"] = form
        step.payload["materials"] = came
        start_answer_clock(step)

    return perform(
        verb=Verb.CORRECT,
        acting=acting,
        case_id=case_id,
        seq=seq,
        key=key,
        request={"form": form},
        own=own,
    )


def _first_notice(step: Step) -> list[str] | None:
    """Return the paths of the case's first notice, None if there was none (1 statement)."""
    first = (
        CaseEvent.objects.filter(case_id=step.case.id, verb=Verb.ASK_CORRECTION.value)
        .order_by("seq")
        .values_list("payload", flat=True)
        .first()
    )
    return None if first is None else list(first["wanted"])


def _titles(step: Step) -> dict[str, str]:
    """Return the Chinese title of every field and material that a notice may name."""
    fields = step.edition.form_schema["properties"]
    titles = {f"form.{name}": str(field["title"]) for name, field in fields.items()}
    return titles | {f"paper.{one.key}": one.title for one in step.edition.materials}
