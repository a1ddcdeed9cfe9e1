"""Who may see a case and who may act on it: one rule, as an object check and as a filter.

A person sees a case as its applicant, or as the agent who filed it while the mandate lasts. A
window sees what it took in; a deciding agency sees what has been handed to it, which is what has
a number: never a draft.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from tongban.agreements.api import Act, OpeningView, opening, require_act
from tongban.cases.errors import CaseNotFound, NotYours, PresenceMissing
from tongban.cases.models import Case
from tongban.cases.rules import day_of, presence_suffices
from tongban.cases.transitions import Side, Transition, Verb
from tongban.evidence import api as evidence
from tongban.federation import api as federation
from tongban.identity import api as identity
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind

NOBODY = Q(pk__in=())

WINDOW_ACTS: dict[Verb, Act] = {
    Verb.DRAFT: Act.RECEIVE,
    Verb.RECEIVE: Act.RECEIVE,
    Verb.CORRECT: Act.RECEIVE,
    Verb.WITHDRAW: Act.RECEIVE,
    Verb.ASK_CORRECTION: Act.NOTIFY_ONCE,
    Verb.DELIVER: Act.DELIVER_RESULT,
}
"""The act that an agreement must have granted before a window may use a verb (S5 of the domain)."""


FOR_THE_APPLICANT = frozenset({Verb.DRAFT, Verb.RECEIVE, Verb.CORRECT, Verb.WITHDRAW, Verb.DELIVER})
"""What a window does in the applicant's name, who stands at the counter."""

OPENED_NOW = frozenset({Verb.DRAFT, Verb.SUBMIT, Verb.RECEIVE})
"""Verbs that need the agreement in force now."""

READING = frozenset(identity.Power) - {identity.Power.STEWARD}
"""A post with any of these powers reads the cases of its agency or office; a steward's does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who is looking or acting, with the post that gives the right to it (staff only)."""

    acting: Acting
    post: identity.PostView | None
    today: date


_VOUCHED: ContextVar[identity.PostView | None] = ContextVar("vouched", default=None)


@contextmanager
def vouched(post: identity.PostView | None) -> Iterator[None]:
    """Let another node's window act from a post that this node doesn't keep.

    Only what takes that node's signed messages says so, with the powers of a window alone.
    """
    token = _VOUCHED.set(post)
    try:
        yield
    finally:
        _VOUCHED.reset(token)


def viewer(acting: Acting) -> Viewer:
    """Look up the post of ``acting`` (one statement for staff, none for others).

    NotYours if a staff member acts from no post or another's, or from one of a place that another
    node hosts: powers don't cross. Identity's PostEnded if it has ended.
    """
    today = day_of(clock.now())
    known = _VOUCHED.get()
    if known is not None and (known.id, known.staff_id) == (acting.post_id, acting.actor_id):
        return Viewer(acting=acting, post=known, today=today)
    post = None
    if acting.actor_kind is ActorKind.STAFF:
        if acting.post_id is None:
            raise NotYours
        post = identity.post(acting.post_id, on=today)
        if post.staff_id != acting.actor_id or not federation.hosts(post.place_id):
            raise NotYours
    return Viewer(acting=acting, post=post, today=today)


def visible(who: Viewer) -> Q:
    """Return the filter of the cases that ``who`` may see."""
    acting, post = who.acting, who.post
    if acting.actor_kind is ActorKind.PERSON:
        return Q(applicant_id=acting.actor_id) | Q(
            agent_id=acting.actor_id,
            mandate__withdrawn_at=None,
            mandate__starts_on__lte=who.today,
            mandate__ends_on__gte=who.today,
        )
    if post is None or not post.powers & READING:
        return NOBODY
    seen = NOBODY
    if post.agency_id is not None:
        seen |= Q(agency_id=post.agency_id, number__isnull=False)
    if post.office_id is not None:
        seen |= Q(receiving_office_id=post.office_id)
    return seen


def side_of(who: Viewer, case: Case) -> Side:
    """Return the side from which ``who`` stands to ``case``; CaseNotFound if from none.

    The same rule as ``visible``. A system stands on none: the worker's own acts do not come
    through this door. An agent whose mandate has ended is told so (identity's
    MandateExpired and the like), since the case was theirs to see before.
    """
    acting, post = who.acting, who.post
    if acting.actor_kind is ActorKind.PERSON:
        if case.applicant_id == acting.actor_id:
            return Side.APPLICANT
        if case.agent_id == acting.actor_id and case.mandate_id is not None:
            _check_mandate(case, who.today)
            return Side.APPLICANT
        raise CaseNotFound
    if post is None or not post.powers & READING:
        raise CaseNotFound
    if post.agency_id is not None and post.agency_id == case.agency_id and case.number is not None:
        return Side.AGENCY
    if post.office_id is not None and post.office_id == case.receiving_office_id:
        return Side.WINDOW
    raise CaseNotFound


def may(who: Viewer, side: Side, row: Transition) -> bool:
    """Tell whether ``who``, standing on ``side``, has the power that the verb needs."""
    if side not in row.sides:
        return False
    power = row.sides[side]
    return power is None or (who.post is not None and power in who.post.powers)


def require(who: Viewer, case: Case, row: Transition) -> Side:
    """Return the side on which ``who`` may use the verb; CaseNotFound or NotYours otherwise.

    Whoever acts for the applicant, at a counter or by a mandate, must name that very applicant
    and that very mandate; at a counter the person must have been seen (PresenceMissing), except
    to begin a draft.
    """
    side = side_of(who, case)
    if not may(who, side, row):
        raise NotYours
    if side is Side.WINDOW and row.verb in FOR_THE_APPLICANT:
        _require_the_applicant_there(who, case, row.verb)
    elif side is Side.APPLICANT and who.acting.actor_id != case.applicant_id:
        _require_named(who.acting, case)
    return side


def _require_the_applicant_there(who: Viewer, case: Case, verb: Verb) -> None:
    """Check what a clerk says of the person at the counter: the applicant, or their agent."""
    acting = who.acting
    if acting.on_behalf_of != case.applicant_id:
        raise NotYours
    if acting.mandate_id is not None:
        _require_named(acting, case)
        _check_mandate(case, who.today)
    if verb is not Verb.DRAFT and not presence_suffices(acting.presence):
        raise PresenceMissing


def _require_named(acting: Acting, case: Case) -> None:
    """Refuse an agent's act that does not say for whom, and by the mandate of this case."""
    if acting.on_behalf_of != case.applicant_id or acting.mandate_id != case.mandate_id:
        raise NotYours


def _check_mandate(case: Case, today: date) -> None:
    """Ask identity whether the mandate of the case holds today (1 statement)."""
    identity.check_mandate(
        mandate_id=case.mandate_id or "",
        agent_id=case.agent_id or "",
        principal_id=case.applicant_id,
        matter_code=case.matter_code,
        case_id=case.id,
        on=today,
    )


def note_look(
    acting: Acting, case: Case, fields: tuple[str, ...], purpose: str, *, card: bool = True
) -> None:
    """Record that somebody else than the applicant sees their data; durable when it returns.

    An agent's ``card``, which the file shows too, is a look at the agent.
    """
    for person_id in filter(None, (case.applicant_id, case.agent_id if card else None)):
        if acting.actor_id not in {person_id, case.applicant_id}:
            evidence.look(
                acting=acting,
                place_id=case.place_id,
                person_id=person_id,
                case_id=case.id,
                fields=fields if person_id == case.applicant_id else ("name", "number", "phone"),
                purpose=purpose,
            )


def opening_of(case: Case, today: date, verb: Verb) -> OpeningView:
    """Return what opens the case's matter between its places for a verb (1 statement).

    Beginning a case and handing it in need an agreement in force today; what follows goes by the
    day the case began, so that a case that was taken in is finished even if the agreement ends
    meanwhile. agreements.NoAgreement or AgreementEnded if nothing opens it.
    """
    now = verb in OPENED_NOW
    return opening(
        matter_code=case.matter_code,
        deciding_place_id=case.place_id,
        receiving_place_id=case.receiving_place_id,
        mode=case.mode,
        on=today if now else day_of(case.created_at),
        begun=not now,
    )


def require_window_act(verb: Verb, granted: OpeningView) -> None:
    """Refuse a window's verb that the agreement did not grant (agreements.ActNotGranted)."""
    act = WINDOW_ACTS.get(verb)
    if act is not None:
        require_act(granted, act)
