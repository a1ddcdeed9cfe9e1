"""Where a case stands between nodes: alone here, ordered here, or a copy."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from tongban.cases.errors import HandingOver, OrderedElsewhere
from tongban.cases.models import Case, CaseAbroad, Proposal
from tongban.cases.transitions import Side, Verb
from tongban.federation import api as federation
from tongban.work import api as work

_ABROAD = work.Read(CaseAbroad, 1, lambda case_id: CaseAbroad.objects.filter(case_id=case_id))
_LAST_ASKED = work.Read(
    Proposal, 1, lambda case_id: Proposal.objects.filter(case_id=case_id).order_by("-at")[:1]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AbroadView:
    """What a screen says of the other node: its name, and what is under way between the two.

    ``handed`` is None until it has answered; ``refused`` is the code with which it did not take the
    case, ``trouble`` that with which it refused to hear of a step. ``asked`` is the verb that waits
    for its answer, ``asked_refused`` the code with which it refused the last one.
    """

    node: str
    ordered_here: bool
    handed_at: datetime
    handed: datetime | None
    refused: str
    trouble: str
    asked: Verb | None
    asked_at: datetime | None
    asked_refused: str


def abroad_of(case: Case) -> CaseAbroad | None:
    """Return how the case stands with another node; no statement where there can be none."""
    if federation.own() is None:
        return None
    return _ABROAD.instance(case.id)


def copy_of(case: Case) -> CaseAbroad | None:
    """Return the standing of a case that another node orders, None where this one does.

    HandingOver while it is on its way: until the other node has answered, nobody moves it.
    """
    found = abroad_of(case)
    if found is None or not _orders(found):
        return None
    if found.answered_at is None:
        raise HandingOver(node=found.node)
    return found


def abroad_orders(case: Case) -> bool:
    """Tell whether another node orders the case, or is about to."""
    found = abroad_of(case)
    return found is not None and _orders(found)


def _orders(abroad: CaseAbroad) -> bool:
    """Tell whether the other node orders a case, or is about to: it has not refused it."""
    return not abroad.ordered_here and not abroad.refused


def require_side(case: Case, side: Side) -> None:
    """Refuse the deciding agency's part where its node is another: powers don't cross."""
    if side in {Side.AGENCY, Side.SYSTEM} and not federation.hosts(case.place_id):
        abroad = abroad_of(case)
        raise OrderedElsewhere(node="" if abroad is None else abroad.node)


def view(case: Case) -> AbroadView | None:
    """Return what a screen says of the other node (2 statements, none where there can be none)."""
    found = abroad_of(case)
    if found is None:
        return None
    last = _LAST_ASKED.instance(case.id)
    waits = last is not None and last.answered_at is None
    return AbroadView(
        node=found.node,
        ordered_here=found.ordered_here,
        handed_at=found.handed_at,
        handed=found.answered_at,
        refused=found.refused,
        trouble=found.trouble,
        asked=Verb(last.verb) if last is not None and waits else None,
        asked_at=last.at if last is not None and waits else None,
        asked_refused="" if last is None else last.refused,
    )


def cases_here() -> QuerySet[Case]:
    """Return the cases whose law runs on this node: all but copies."""
    copies = CaseAbroad.objects.filter(ordered_here=False, refused="")
    return Case.objects.exclude(pk__in=copies.values("case_id"))
