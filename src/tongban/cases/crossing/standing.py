"""Where a case stands between nodes: alone here, ordered here, or a copy."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from tongban.cases.errors import HandingOver, HandRefused, OrderedElsewhere
from tongban.cases.models import BETWEEN, Case, CaseAbroad, Proposal
from tongban.cases.transitions import Side, Verb
from tongban.federation import api as federation
from tongban.kernel import clock
from tongban.work import api as work

_ABROAD = work.Read(CaseAbroad, 1, lambda case_id: CaseAbroad.objects.filter(case_id=case_id))
_LAST_ASKED = work.Read(
    Proposal, 1, lambda case_id: Proposal.objects.filter(case_id=case_id).order_by("-at")[:1]
)

BY_PERSONS = frozenset({Verb.CORRECT, Verb.WITHDRAW, Verb.DELIVER})
"""What is asked in the name of who logged in here; for the rest a window sees them."""
PROPOSABLE = BY_PERSONS | {Verb.ASK_CORRECTION, Verb.VOID}
"""What may be asked of the node that orders a case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbroadView:
    """What a screen says of the other node: its name, and what is under way between the two.

    ``handed`` is None until it has answered, since ``handed_at``; ``refused`` is the code with
    which it did not take the case, ``trouble`` that with which one end refused to hear of a step.
    ``asked`` is the verb that waits for its answer, ``asked_refused`` the code with which it
    refused the last one. ``heard_at`` is when it last told something of the case;
    ``silent`` since when nothing at all was heard of it, where that is too long.
    """

    node: str
    ordered_here: bool
    handed_at: datetime
    handed: datetime | None
    refused: str
    trouble: str
    trouble_at: datetime | None
    heard_at: datetime | None
    asked: Verb | None
    asked_at: datetime | None
    asked_refused: str
    silent: datetime | None

    @property
    def is_underway(self) -> bool:
        """Whether the case is being handed over: until the other node has answered, it rests."""
        return not self.ordered_here and self.handed is None

    @property
    def is_refused(self) -> bool:
        """Whether the other node did not take the case."""
        return not self.ordered_here and bool(self.refused)


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


def offered(case: Case, side: Side, verbs: frozenset[Verb]) -> frozenset[Verb]:
    """Return those of the verbs that can be used where the case stands between two nodes.

    None while it is being handed over or a step was asked for; of a copy, those that may be asked.
    No statement where there can be no other node, else one, for a copy two.
    """
    abroad = abroad_of(case)
    if abroad is None or not _orders(abroad):
        return verbs
    asked = Proposal.objects.filter(case_id=case.id, answered_at=None)
    if abroad.answered_at is None or asked.exists():
        return frozenset()
    return verbs & (BY_PERSONS if side is Side.APPLICANT else PROPOSABLE)


def require_handed(case: Case) -> None:
    """Refuse to send a paper where the agency that is to get it has no case: nobody awaits it.

    HandingOver, HandRefused.
    """
    abroad = abroad_of(case)
    if abroad is None or abroad.ordered_here:
        return
    if abroad.answered_at is None:
        raise HandingOver(node=abroad.node)
    if abroad.refused:
        raise HandRefused(node=abroad.node, code=abroad.refused)


def require_side(case: Case, side: Side) -> None:
    """Refuse the deciding agency's part where its node is another: powers don't cross."""
    if side in {Side.AGENCY, Side.SYSTEM} and not federation.hosts(case.place_id):
        abroad = abroad_of(case)
        raise OrderedElsewhere(node="" if abroad is None else abroad.node)


def view(case: Case) -> AbroadView | None:
    """Return what a screen says of the other node (3 statements, none where there can be none)."""
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
        trouble_at=found.trouble_at,
        heard_at=found.heard_at,
        asked=Verb(last.verb) if last is not None and waits else None,
        asked_at=last.at if last is not None and waits else None,
        asked_refused="" if last is None else last.refused,
        silent=_silent(found),
    )


def between() -> QuerySet[CaseAbroad, str]:
    """Return the ids of cases that stand still between two nodes, to filter by."""
    return CaseAbroad.objects.filter(BETWEEN).values_list("case_id", flat=True)


def _silent(abroad: CaseAbroad) -> datetime | None:
    heard = federation.heard_at(abroad.node) or abroad.handed_at
    return heard if clock.now() - heard > federation.SILENT_AFTER else None


def cases_here() -> QuerySet[Case]:
    """Return the cases whose law runs on this node: all but those of another node's agencies."""
    copies = CaseAbroad.objects.filter(ordered_here=False)
    return Case.objects.exclude(pk__in=copies.values("case_id"))
