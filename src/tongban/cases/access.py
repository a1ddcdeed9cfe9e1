"""Who may see a case and who may act on it: one rule, as an object check and as a filter.

A person sees a case as its applicant, or as the agent who filed it while the mandate lasts. A
window sees what it took in; a deciding agency sees what has been handed to it, which is what has
a number: never a draft.
"""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from tongban.agreements.api import Act, OpeningView, opening, require_act
from tongban.cases.errors import CaseNotFound, NotYours
from tongban.cases.models import Case
from tongban.cases.rules import day_of
from tongban.cases.transitions import Side, Transition, Verb
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who is looking or acting, with the post that gives the right to it (staff only)."""

    acting: Acting
    post: identity.PostView | None
    today: date


def viewer(acting: Acting) -> Viewer:
    """Look up the post of ``acting`` (one statement for staff, none for others).

    NotYours if a staff member acts from no post or another's; identity's PostEnded if it has ended.
    """
    today = day_of(clock.now())
    post = None
    if acting.actor_kind is ActorKind.STAFF:
        if acting.post_id is None:
            raise NotYours
        post = identity.post(acting.post_id, on=today)
        if post.staff_id != acting.actor_id:
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
    if post is not None and post.agency_id is not None:
        return Q(agency_id=post.agency_id, number__isnull=False)
    if post is not None and post.office_id is not None:
        return Q(receiving_office_id=post.office_id)
    return NOBODY


def side_of(who: Viewer, case: Case) -> Side:
    """Return the side from which ``who`` stands to ``case``; CaseNotFound if from none.

    The same rule as ``visible``. An agent whose mandate has ended is told so (identity's
    MandateExpired and the like), since the case was theirs to see before.
    """
    acting, post = who.acting, who.post
    if acting.actor_kind is ActorKind.SYSTEM:
        return Side.SYSTEM
    if acting.actor_kind is ActorKind.PERSON:
        if case.applicant_id == acting.actor_id:
            return Side.APPLICANT
        if case.agent_id == acting.actor_id and case.mandate_id is not None:
            identity.check_mandate(
                mandate_id=case.mandate_id,
                agent_id=acting.actor_id,
                principal_id=case.applicant_id,
                matter_code=case.matter_code,
                case_id=case.id,
                on=who.today,
            )
            return Side.APPLICANT
        raise CaseNotFound
    if post is not None and post.agency_id is not None and post.agency_id == case.agency_id:
        if case.number is None:
            raise CaseNotFound
        return Side.AGENCY
    if (
        post is not None
        and post.office_id is not None
        and post.office_id == case.receiving_office_id
    ):
        return Side.WINDOW
    raise CaseNotFound


def may(who: Viewer, side: Side, row: Transition) -> bool:
    """Tell whether ``who``, standing on ``side``, has the power that the verb needs."""
    if side not in row.sides:
        return False
    power = row.sides[side]
    return power is None or (who.post is not None and power in who.post.powers)


def require(who: Viewer, case: Case, row: Transition) -> Side:
    """Return the side on which ``who`` may use the verb; CaseNotFound or NotYours otherwise."""
    side = side_of(who, case)
    if not may(who, side, row):
        raise NotYours
    return side


def opening_of(case: Case, on: date) -> OpeningView:
    """Return what opens the case's matter between its places on a day.

    One statement. agreements.NoAgreement or AgreementEnded if nothing does.
    """
    return opening(
        matter_code=case.matter_code,
        deciding_place_id=case.place_id,
        receiving_place_id=case.receiving_place_id,
        mode=case.mode,
        on=on,
    )


def require_window_act(verb: Verb, granted: OpeningView) -> None:
    """Refuse a window's verb that the agreement did not grant (agreements.ActNotGranted)."""
    act = WINDOW_ACTS.get(verb)
    if act is not None:
        require_act(granted, act)
