"""Lists of cases for the people who may see them: one filter, keyset pages, no COUNT.

Each list costs at most 6 statements whatever its length: the post, the rows, the people, their
keys, the calendar's version, and the mandates of an agent; and one where there are other nodes.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet

from tongban.cases import access
from tongban.cases.crossing import standing
from tongban.cases.models import Case
from tongban.cases.queries.abroad import PointerRow, RowAbroad, pointers, rows_abroad
from tongban.cases.queries.limits import COLUMNS, limit_of
from tongban.cases.rules import AGENCY_TURN
from tongban.cases.transitions import OVER, State
from tongban.federation import api as federation
from tongban.identity import api as identity
from tongban.kernel.acting import Acting, ActorKind
from tongban.kernel.workdays import Light
from tongban.matters import api as matters
from tongban.places import api as places

PAGE = 30
"""Rows of a page."""


class Pile(StrEnum):
    """Which cases of those that may be seen: what waits for us, for others, or has ended."""

    TODO = "todo"
    WAITING = "waiting"
    ENDED = "ended"
    ALL = "all"


_TURN = tuple(sorted(AGENCY_TURN))
_THEIRS = {
    Pile.TODO: (State.DRAFT, State.CORRECTING, State.CLOSED),
    Pile.WAITING: _TURN,
    Pile.ENDED: (State.DELIVERED, State.WITHDRAWN, State.VOIDED),
}
_PILES: dict[str, dict[Pile, tuple[State, ...]]] = {
    "agency": {
        Pile.TODO: _TURN,
        Pile.WAITING: (State.CORRECTING,),
        Pile.ENDED: (State.CLOSED, State.DELIVERED, State.WITHDRAWN),
    },
    "office": _THEIRS,
    "person": _THEIRS,
}

_FIELDS = (
    "id",
    "number",
    "seq",
    "state",
    "mode",
    "edition_id",
    "place_id",
    "receiving_office_id",
    "applicant_id",
    "agent_id",
    *COLUMNS,
    "due_provisional",
    "agency_due_on",
    "outcome",
    "created_at",
    "changed_at",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One line of a list. ``applicant`` is a masked name; ``days_left`` working days or None."""

    id: str
    number: str | None
    seq: int
    state: State
    mode: str
    title: str
    title_en: str
    place: str
    place_en: str
    office: str | None
    office_en: str | None
    applicant: str
    by_agent: bool
    light: Light
    days_left: int | None
    due_on: date | None
    due_provisional: bool
    outcome: str
    created_at: datetime
    changed_at: datetime
    abroad: RowAbroad | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """A page of rows and the mark to continue after (None at the end)."""

    rows: tuple[CaseRow, ...]
    next_after: str | None


def cases(
    *, acting: Acting, pile: Pile = Pile.ALL, after: str | None = None, number: str = ""
) -> CasePage:
    """Return the cases that ``acting`` may see, the newest first.

    What is to be done comes by urgency: at an agency the earliest day first, elsewhere the oldest
    first. ``number`` narrows to cases whose number begins with it; ``after`` is the mark of the
    page before.
    """
    who = access.viewer(acting)
    role = _role(who)
    rows = Case.objects.filter(access.visible(who))
    if number.strip():
        rows = rows.filter(number__startswith=number.strip())
    if pile is not Pile.ALL:
        rows = rows.filter(state__in=_PILES[role][pile])
    if pile is Pile.TODO and role == "agency":
        return _page_by_day(rows, after, who.today)
    oldest_first = pile is Pile.TODO
    if after is not None:
        rows = rows.filter(Q(id__gt=after) if oldest_first else Q(id__lt=after))
    found = list(rows.order_by("id" if oldest_first else "-id").values(*_FIELDS)[: PAGE + 1])
    return CasePage(
        rows=_rows(found[:PAGE], who.today),
        next_after=found[PAGE - 1]["id"] if len(found) > PAGE else None,
    )


def _page_by_day(rows: QuerySet[Case], after: str | None, today: date) -> CasePage:
    """Return a page by the agency's day; its mark is day and id. Another mark begins anew."""
    rows = rows.filter(agency_due_on__isnull=False)
    day, _, last = (after or "").partition("_")
    with suppress(ValueError):
        reached = date.fromisoformat(day)
        rows = rows.filter(
            Q(agency_due_on__gt=reached) | Q(agency_due_on=reached, id__gt=last),
            agency_due_on__gte=reached,  # what the index can begin at
        )
    found = list(rows.order_by("agency_due_on", "id").values(*_FIELDS)[: PAGE + 1])
    more = found[PAGE - 1] if len(found) > PAGE else None
    return CasePage(
        rows=_rows(found[:PAGE], today),
        next_after=f"{more['agency_due_on'].isoformat()}_{more['id']}" if more else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowHeaps:
    """What waits for an office, a first page of each heap: the oldest first, drafts the newest.

    ``ready`` can be delivered: the result is here, or the answer was a refusal, which has none.
    ``coming`` is closed and its result on the way.
    """

    ready: CasePage
    coming: CasePage
    correcting: CasePage
    drafts: CasePage


def window_heaps(*, acting: Acting, arrived: Collection[str]) -> WindowHeaps:
    """Return the heaps of an office; ``arrived`` are the cases whose result it holds.

    Each heap is read by itself, so that one that grows hides no other: 3 statements more than
    a list.
    """
    who = access.viewer(acting)
    seen = Case.objects.filter(access.visible(who))
    ready = Q(id__in=sorted(arrived)) | ~Q(outcome=State.GRANTED)
    heaps = {
        "ready": seen.filter(ready, state=State.CLOSED).order_by("id"),
        "coming": seen.filter(~ready, state=State.CLOSED).order_by("id"),
        "correcting": seen.filter(state=State.CORRECTING).order_by("id"),
        "drafts": seen.filter(state=State.DRAFT).order_by("-id"),
    }
    found = {name: list(rows.values(*_FIELDS)[: PAGE + 1]) for name, rows in heaps.items()}
    rows = {row.id: row for row in _rows([r for some in found.values() for r in some], who.today)}
    pages = {
        name: CasePage(
            rows=tuple(rows[row["id"]] for row in some[:PAGE]),
            next_after=some[PAGE - 1]["id"] if len(some) > PAGE else None,
        )
        for name, some in found.items()
    }
    return WindowHeaps(**pages)


def between_nodes(*, acting: Acting) -> CasePage:
    """Return the cases that stand still between two nodes, the oldest first: a first page.

    On its way, sent back, or with records that differ, and not over. No statement where there can
    be no other node.
    """
    if federation.own() is None:
        return CasePage(rows=(), next_after=None)
    who = access.viewer(acting)
    seen = Case.objects.filter(access.visible(who), pk__in=standing.between())
    seen = seen.exclude(state__in=[state.value for state in OVER])
    found = list(seen.order_by("id").values(*_FIELDS)[: PAGE + 1])
    more = found[PAGE - 1]["id"] if len(found) > PAGE else None
    return CasePage(rows=_rows(found[:PAGE], who.today), next_after=more)


def cases_abroad(*, acting: Acting, pile: Pile) -> tuple[PointerRow, ...]:
    """Return the cases of a person that other nodes order and show here. One statement."""
    states = State if pile is Pile.ALL else _THEIRS[pile]
    return pointers(acting=acting, states=tuple(states))


def numbers_of(*, acting: Acting, case_ids: Sequence[str]) -> dict[str, str]:
    """Return the numbers of those of the cases that ``acting`` may see; at most 2 statements."""
    if not case_ids:
        return {}
    seen = Case.objects.filter(access.visible(access.viewer(acting)), id__in=case_ids)
    return {
        case_id: number
        for case_id, number in seen.values_list("id", "number")
        if number is not None
    }


def _role(who: access.Viewer) -> str:
    if who.acting.actor_kind is ActorKind.PERSON:
        return "person"
    return "agency" if who.post is not None and who.post.agency_id is not None else "office"


def _rows(found: Sequence[dict[str, Any]], today: date) -> tuple[CaseRow, ...]:
    names = identity.masked_names(sorted({row["applicant_id"] for row in found})) if found else {}
    abroad = rows_abroad([row["id"] for row in found])
    return tuple(_row(row, names, abroad.get(row["id"]), today) for row in found)


def _row(
    row: dict[str, Any], names: dict[str, str], abroad: RowAbroad | None, today: date
) -> CaseRow:
    edition = matters.edition(row["edition_id"])
    place = places.place(row["place_id"])
    office = (
        places.office(row["receiving_office_id"])
        if row["receiving_office_id"] is not None
        else None
    )
    limit, light, days_left = limit_of(row, row["place_id"], today)
    return CaseRow(
        id=row["id"],
        number=row["number"],
        seq=row["seq"],
        state=State(row["state"]),
        mode=row["mode"],
        title=edition.title,
        title_en=edition.title_en,
        place=place.name,
        place_en=place.name_en,
        office=office.name if office else None,
        office_en=office.name_en if office else None,
        applicant=names.get(row["applicant_id"], ""),
        by_agent=row["agent_id"] is not None,
        light=light,
        days_left=days_left,
        due_on=limit.due_on if limit is not None else None,
        due_provisional=row["due_provisional"],
        outcome=row["outcome"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        abroad=abroad,
    )
