"""Submit, receive, arrive: how a case comes in."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tongban.agreements.api import Act, SilenceFrom, require_act
from tongban.cases.actions.answering import start_answer_clock
from tongban.cases.actions.custody import make_ready
from tongban.cases.actions.drafting import bounded
from tongban.cases.actions.frame import (
    Done,
    Keys,
    Personal,
    Step,
    keys_of,
    perform,
    personal_of,
)
from tongban.cases.actions.numbers import case_number, next_serial
from tongban.cases.actions.papers import papers_by_material
from tongban.cases.actions.records import CONSENT_CLAUSES, make_record, material_lines
from tongban.cases.crossing import handing
from tongban.cases.errors import (
    AssuranceTooLow,
    ConsentMissing,
    DraftChanged,
    Incomplete,
    NotNow,
    Problem,
)
from tongban.cases.models import CASE_TABLE
from tongban.cases.queries.head import CaseHead, draft_mark
from tongban.cases.queries.lacking import form_problems, paper_problems, papers_came
from tongban.cases.rules import day_of
from tongban.cases.transitions import Verb
from tongban.delivery import api as delivery
from tongban.identity import api as identity
from tongban.kernel.acting import Acting
from tongban.matters import api as matters
from tongban.vault import api as vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """An original paper that the window takes into custody: which material, how many copies."""

    material_key: str
    copies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """What handing a draft in needs of it, made ready before the lock."""

    keys: Keys
    draft: bytes
    form: dict[str, Any]
    problems: list[Problem]
    recipient: str
    personal: Personal


def submit(*, acting: Acting, case: CaseHead, seq: int, seen: str, consent: bool, key: str) -> Done:
    """Hand a draft in online, as it was kept. The five days to answer start (行政许可法 art. 32).

    ``case`` is the head as it was just read: the draft that it holds is opened and checked before
    the lock, on which others wait. Under the lock it must still be that draft, and with its
    papers the one that the person saw (``seen``, the file's ``draft_mark``).

    Errors: DraftChanged, ConsentMissing, AssuranceTooLow, Incomplete with every problem at once,
    and the frame's.
    """
    ready = None if case.draft is None else _ready(case, case.draft)

    def own(step: Step) -> None:
        matters.require_open(step.edition.id)
        if not consent:
            raise ConsentMissing
        needed = step.edition.assurance_online
        if acting.assurance < needed:
            raise AssuranceTooLow(needed=needed, has=int(acting.assurance))
        given = papers_by_material(step)
        papers = [one["id"] for one in step.documents]
        if (
            ready is None
            or step.case.draft_form != ready.draft
            or draft_mark(ready.draft, papers) != seen
        ):
            raise DraftChanged
        came = papers_came(step.edition, given)
        require_none([*ready.problems, *paper_problems(came)])
        step.cache["to"], step.ahead = ready.recipient, ready.personal
        _take_in(step, ready.form, came)

    return perform(
        verb=Verb.SUBMIT,
        acting=acting,
        case_id=case.id,
        seq=seq,
        key=key,
        request={"seen": seen, "consent": consent},
        own=own,
        keys=None if ready is None else ready.keys,
    )


def _ready(case: CaseHead, draft: bytes) -> _Ready:
    """Open and check a draft (2 statements)."""
    keys = keys_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
    form = vault.unseal_json(
        key=keys.case, table=CASE_TABLE, row=case.id, column="draft_form", sealed=draft
    )
    return _Ready(
        keys=keys,
        draft=draft,
        form=form,
        problems=form_problems(case.edition, form),
        recipient=identity.person_name(case.applicant_id, keyring=keys.ring),
        personal=personal_of({"form": form}, keys.case),
    )


def receive(
    *,
    acting: Acting,
    case_id: str,
    seq: int,
    form: dict[str, Any],
    originals: Sequence[Original],
    consent: bool,
    key: str,
) -> Done:
    """Take a case in at a window for another place: form and identity checked, slip made.

    The window checks completeness of form, not substance; a material that is missing does not
    stop the intake but stands on the slip. ``originals`` go into the office's custody. Errors:
    PresenceMissing, ConsentMissing, Incomplete, and the frame's.
    """
    form = bounded(matters.normalised_form(form))

    def own(step: Step) -> None:
        matters.require_open(step.edition.id)
        if not consent:
            raise ConsentMissing
        came = papers_came(step.edition, papers_by_material(step))
        came |= {original.material_key: "original" for original in originals}
        require_none(form_problems(step.edition, form))
        _take_in(step, form, came, wait_for_arrival=bool(originals))
        _take_originals(step, originals)
        handing.queue(step.case)

    return perform(
        verb=Verb.RECEIVE,
        acting=acting,
        case_id=case_id,
        seq=seq,
        key=key,
        request={
            "form": form,
            "consent": consent,
            "originals": [asdict(original) for original in originals],
        },
        own=own,
    )


def arrive(*, acting: Acting, case_id: str, seq: int, key: str) -> Done:
    """Note at the agency that the papers came, where the agreement starts the five days there.

    NotNow if they run already: coming once, the papers start them once.
    """

    def own(step: Step) -> None:
        if step.case.papers_at is not None:
            raise NotNow(verb=Verb.ARRIVE.value, state=step.case.state)
        start_answer_clock(step)

    return perform(
        verb=Verb.ARRIVE, acting=acting, case_id=case_id, seq=seq, key=key, request={}, own=own
    )


def require_none(problems: list[Problem]) -> None:
    """Raise Incomplete with all of them, if there is any."""
    if problems:
        raise Incomplete(tuple(problems))


def _take_in(
    step: Step, form: dict[str, Any], came: dict[str, str], *, wait_for_arrival: bool = False
) -> None:
    """Give the case its number, start the clock of the answer, write slip and consent."""
    case = step.case
    year = day_of(step.now).year
    serial = next_serial(case, "case", year, digits=6)
    case.number = case_number(case.place_id, year, serial)
    case.draft_form = None
    case.form_seq = step.seq
    step.personal["form"] = form
    step.payload |= {"materials": came, "edition": step.edition.id}
    waits = (
        wait_for_arrival
        and step.opening is not None
        and step.opening.silence_from == SilenceFrom.DECIDING
    )
    if not waits:
        start_answer_clock(step)
    make_record(step, "consent", {"clauses": list(CONSENT_CLAUSES)}, serial=serial)
    make_record(
        step,
        "slip",
        {
            "materials": material_lines(step, came),
            "answer_due_on": case.answer_due_on.isoformat() if case.answer_due_on else None,
        },
        serial=serial,
    )


def _take_originals(step: Step, originals: Sequence[Original]) -> None:
    """Put each original into the custody of the receiving office."""
    titles = {material.key: material.title for material in step.edition.materials}
    keys = [one.material_key for one in originals]
    unknown = [key for key in keys if key not in titles or keys.count(key) > 1]
    if unknown:
        raise Incomplete(
            tuple(
                Problem(path=f"paper.{key}", code="paper.unknown", message="本事项没有这项材料。")
                for key in dict.fromkeys(unknown)
            )
        )
    if originals and step.opening is not None:
        require_act(step.opening, Act.VERIFY_ORIGINALS)
    office = delivery.Holder(delivery.HolderKind.OFFICE, step.case.receiving_office_id or "")
    for original in originals:
        delivery.take_in(
            acting=step.acting,
            place_id=step.case.place_id,
            subject=("case", step.case.id),
            label=titles[original.material_key],
            kind=delivery.ItemKind.ORIGINAL,
            copies=original.copies,
            holder=office,
            key=step.key,
        )
    make_ready(step, held_by=office)
    step.payload["originals"] = [asdict(original) for original in originals]
