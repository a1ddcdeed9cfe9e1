"""A draft: begun, and kept as it is filled in."""

from typing import Any

from django.conf import settings
from django.db import transaction

from tongban.agreements.api import OpeningView
from tongban.cases import access
from tongban.cases.actions.frame import (
    Done,
    Step,
    answer_again,
    claim,
    digest_of,
    locked,
    personal_of,
    scope_of,
    write_event,
)
from tongban.cases.errors import (
    AgentAbroad,
    FormTooLarge,
    NotNow,
    OnlineElsewhere,
    TextRefused,
    WrongMode,
)
from tongban.cases.models import CASE_TABLE, Case
from tongban.cases.transitions import TABLE, Side, State, Verb
from tongban.federation import api as federation
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
    identity's mandate errors, PersonMissing and PersonBlocked, FormTooLarge. The data key is made
    in the key store's own transaction: a draft that then fails leaves an unused key, never a case
    without one.
    """
    edition = matters.require_open(edition_id)
    form = bounded(matters.normalised_form(form))
    case = _new_case(acting, edition, mode, applicant_id, receiving_office_id)
    asked = digest_of(
        {
            "edition": edition_id,
            "mode": mode,
            "applicant": applicant_id,
            "office": receiving_office_id,
            "mandate": acting.mandate_id,
            "form": form,
        }
    )
    with transaction.atomic():
        first = claim(verb=Verb.DRAFT, acting=acting, key=key, digest=asked)
        if first is not None:
            return answer_again(acting, first["case_id"], 1)
        side, opening = _allowed_to_begin(access.viewer(acting), case, edition)
        identity.lock_active({applicant_id, case.agent_id or applicant_id})
        data_key = vault.make_key(place_id=case.place_id, person_id=applicant_id, case_id=case.id)
        case.draft_form = vault.seal_json(
            key=data_key, table=CASE_TABLE, row=case.id, column="draft_form", value=form
        )
        case.save(force_insert=True)
        step = Step(
            case=case,
            was={},
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
        write_event(step, personal_of({}, data_key), seq=1)
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
    if not federation.hosts(case.place_id):
        if case.mode != "received":
            raise OnlineElsewhere(node=federation.node_hosting(case.place_id) or "")
        if case.mandate_id is not None:
            raise AgentAbroad
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
