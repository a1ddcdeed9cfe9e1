"""Draft, submit, receive, arrive: how a case comes in."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from tongban.agreements.api import Act, OpeningView, SilenceFrom, require_act
from tongban.cases import access
from tongban.cases.actions.answering import start_answer_clock
from tongban.cases.actions.custody import make_ready
from tongban.cases.actions.frame import (
    Done,
    Step,
    answer_again,
    claim,
    locked,
    perform,
    scope_of,
    write_event,
)
from tongban.cases.actions.numbers import case_number, next_number
from tongban.cases.actions.papers import papers_by_material
from tongban.cases.actions.records import CONSENT_CLAUSES, make_record, material_lines
from tongban.cases.errors import (
    AssuranceTooLow,
    ConsentMissing,
    FormTooLarge,
    Incomplete,
    NotNow,
    Problem,
    TextRefused,
    WrongMode,
)
from tongban.cases.models import CASE_TABLE, Case
from tongban.cases.rules import day_of
from tongban.cases.transitions import TABLE, Side, State, Verb
from tongban.delivery import api as delivery
from tongban.identity import api as identity
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind
from tongban.kernel.canonical import canonical_bytes
from tongban.kernel.ids import new_id
from tongban.matters import api as matters
from tongban.places import api as places
from tongban.vault import api as vault
from tongban.work import api as work

MOST_FORM_BYTES = 48 * 1024
"""Of a form as canonical JSON; an evidence body, which holds more, has 64 KiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """An original paper that the window takes into custody: which material, how many copies."""

    material_key: str
    copies: int


def draft(
    *,
    acting: Acting,
    edition_id: str,
    mode: str,
    applicant_id: str,
    form: dict[str, Any],
    key: str,
    receiving_office_id: str | None = None,
) -> Done:
    """Begin a case for ``applicant_id``: online by the person or an agent, or at a window.

    Errors: WrongMode, NotYours, agreements' NoAgreement, AgreementEnded and ActNotGranted,
    identity's mandate errors, FormTooLarge. The data key is made in the key store's own
    transaction: a draft that then fails leaves an unused key, never a case without one.
    """
    edition = matters.require_open(edition_id)
    form = bounded(matters.normalised_form(form))
    case = _new_case(acting, edition, mode, applicant_id, receiving_office_id)
    request = {
        "edition": edition_id,
        "mode": mode,
        "applicant": applicant_id,
        "office": receiving_office_id,
        "mandate": acting.mandate_id,
        "form": form,
    }
    with transaction.atomic():
        first = claim(verb=Verb.DRAFT, acting=acting, key=key, request=request)
        if first is not None:
            return answer_again(acting, first["case_id"], 1)
        side, opening = _allowed_to_begin(access.viewer(acting), case, edition)
        data_key = vault.make_key(place_id=case.place_id, person_id=applicant_id, case_id=case.id)
        case.draft_form = vault.seal_json(
            key=data_key, table=CASE_TABLE, row=case.id, column="draft_form", value=form
        )
        case.save(force_insert=True)
        step = Step(
            case=case,
            edition=edition,
            acting=acting,
            row=TABLE[Verb.DRAFT],
            side=side,
            opening=opening,
            key=data_key,
            now=case.created_at,
            state=State.DRAFT,
            at=case.created_at,
            payload={"edition": edition.id, "mode": mode, "agreement": opening.agreement_id},
        )
        write_event(step, event_id=new_id(settings.NODE), seq=1)
        work.settle_key(scope=scope_of(Verb.DRAFT, acting), key=key, answer={"case_id": case.id})
        return Done(case_id=case.id, number=None, state=State.DRAFT, seq=1)


def _new_case(
    acting: Acting,
    edition: matters.EditionView,
    mode: str,
    applicant_id: str,
    receiving_office_id: str | None,
) -> Case:
    """Return the header of a new draft, not yet saved."""
    now = clock.now()
    office = None if receiving_office_id is None else places.office(receiving_office_id)
    return Case(
        id=new_id(settings.NODE),
        place_id=edition.place_id,
        agency_id=edition.agency_id,
        edition_id=edition.id,
        matter_code=edition.matter_code,
        mode=mode,
        receiving_office_id=receiving_office_id,
        receiving_place_id=None if office is None else office.place_id,
        applicant_id=applicant_id,
        mandate_id=acting.mandate_id,
        agent_id=_agent(acting, applicant_id),
        created_at=now,
        seq=1,
        state=State.DRAFT.value,
        changed_at=now,
    )


def _agent(acting: Acting, applicant_id: str) -> str | None:
    """Return the agent by whose hand the case begins, None when people act for themselves."""
    if acting.mandate_id is not None:
        return identity.mandate(acting.mandate_id).agent_id
    if acting.actor_kind is ActorKind.PERSON and acting.actor_id != applicant_id:
        return acting.actor_id
    return None


def _allowed_to_begin(
    who: access.Viewer, case: Case, edition: matters.EditionView
) -> tuple[Side, OpeningView]:
    if case.mode not in edition.modes:
        raise WrongMode
    side = access.require(who, case, TABLE[Verb.DRAFT])
    if (side is Side.WINDOW) != (case.mode == "received"):
        raise WrongMode
    opening = access.opening_of(case, who.today, Verb.DRAFT)
    if side is Side.WINDOW:
        access.require_window_act(Verb.DRAFT, opening)
    return side, opening


def save_draft(*, acting: Acting, case_id: str, form: dict[str, Any]) -> None:
    """Keep what has been filled in so far, however incomplete; no event, nobody is told.

    Errors: NotNow once it was handed in, FormTooLarge, NotYours, CaseNotFound.
    """
    kept = bounded(matters.normalised_form(form))
    with transaction.atomic():
        case = locked(case_id)
        access.require(access.viewer(acting), case, TABLE[Verb.DRAFT])
        if case.state != State.DRAFT.value:
            raise NotNow(verb=Verb.DRAFT.value, state=case.state)
        key = vault.key_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
        case.draft_form = vault.seal_json(
            key=key, table=CASE_TABLE, row=case.id, column="draft_form", value=kept
        )
        case.changed_at = clock.now()
        case.save(update_fields=["draft_form", "changed_at"])


def bounded(form: dict[str, Any]) -> dict[str, Any]:
    """Return the form; FormTooLarge or TextRefused for what no form of ours can hold."""
    try:
        size = len(canonical_bytes(form))
    except (TypeError, ValueError):  # a fraction, an integer beyond 2**53, half a character
        raise TextRefused(most=MOST_FORM_BYTES) from None
    if size > MOST_FORM_BYTES:
        raise FormTooLarge(most=MOST_FORM_BYTES // 1024)
    return form


def submit(
    *,
    acting: Acting,
    case_id: str,
    seq: int,
    form: dict[str, Any],
    consent: bool,
    key: str,
) -> Done:
    """Hand a draft in online. The five days to answer start (行政许可法 art. 32).

    Errors: ConsentMissing, AssuranceTooLow, Incomplete with every problem at once, and the
    frame's.
    """
    form = bounded(matters.normalised_form(form))

    def own(step: Step) -> None:
        matters.require_open(step.edition.id)
        if not consent:
            raise ConsentMissing
        needed = step.edition.assurance_online
        if acting.assurance < needed:
            raise AssuranceTooLow(needed=needed, has=int(acting.assurance))
        came = how_papers_came(step, papers_by_material(step))
        check_complete(step, form, came, let_missing=False)
        _take_in(step, form, came)

    return perform(
        verb=Verb.SUBMIT,
        acting=acting,
        case_id=case_id,
        seq=seq,
        key=key,
        request={"form": form, "consent": consent},
        own=own,
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
        came = how_papers_came(step, papers_by_material(step))
        came |= {original.material_key: "original" for original in originals}
        check_complete(step, form, came, let_missing=True)
        _take_in(step, form, came, wait_for_arrival=bool(originals))
        _take_originals(step, originals)

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


def check_complete(
    step: Step, form: dict[str, Any], came: dict[str, str], *, let_missing: bool
) -> None:
    """Raise Incomplete with every field that is wrong and every required material that lacks."""
    problems = [
        Problem(path=f"form.{found.path}", code=found.code, message=found.message)
        for found in matters.check_form(step.edition, form)
    ]
    if not let_missing:
        problems += [
            Problem(path=f"paper.{key}", code="paper.missing", message="缺少这项必要材料。")
            for key, how in came.items()
            if how == "missing"
        ]
    if problems:
        raise Incomplete(tuple(problems))


def how_papers_came(step: Step, papers: dict[str, list[str]]) -> dict[str, str]:
    """Return how each material came: electronic, exempt, missing or later; optional ones left out.

    A deferrable one (容缺) that is not there is "later", never "missing".
    """
    came: dict[str, str] = {}
    for material in step.edition.materials:
        if papers.get(material.key):
            came[material.key] = "electronic"
        elif material.exempt:
            came[material.key] = "exempt"
        elif material.necessity == "required":
            came[material.key] = "missing"
        elif material.necessity == "deferrable":
            came[material.key] = "later"
    return came


def _take_in(
    step: Step, form: dict[str, Any], came: dict[str, str], *, wait_for_arrival: bool = False
) -> None:
    """Give the case its number, start the clock of the answer, write slip and consent."""
    case = step.case
    year = day_of(step.now).year
    last = next_number(issuer=case.place_id, series="case", year=year)
    place_code = places.place(case.place_id).code or case.place_id
    case.number = case_number(place_code, year, last)
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
    make_record(step, "consent", {"clauses": list(CONSENT_CLAUSES)}, serial=f"{last:06d}")
    make_record(
        step,
        "slip",
        {
            "materials": material_lines(step, came),
            "answer_due_on": case.answer_due_on.isoformat() if case.answer_due_on else None,
        },
        serial=f"{last:06d}",
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
