"""Lists of cases for the people who may see them: one filter, keyset pages, no COUNT.

Each list costs at most 6 statements whatever its length: the post, the rows, the people, their
keys, the calendar's version, and the mandates of an agent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db.models import Q

from tongban.cases import access
from tongban.cases.models import Case
from tongban.cases.rules import Facts, case_light
from tongban.cases.transitions import State
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


_PILES: dict[str, dict[Pile, tuple[State, ...]]] = {
    "agency": {
        Pile.TODO: (
            State.SUBMITTED,
            State.RECEIVED,
            State.ACCEPTED,
            State.REVIEWED,
            State.GRANTED,
            State.REFUSED,
            State.PRODUCED,
            State.ISSUED,
            State.DECLINED,
        ),
        Pile.WAITING: (State.CORRECTING,),
        Pile.ENDED: (State.CLOSED, State.DELIVERED, State.WITHDRAWN),
    },
    "office": {
        Pile.TODO: (State.DRAFT, State.CORRECTING, State.CLOSED),
        Pile.WAITING: (
            State.RECEIVED,
            State.ACCEPTED,
            State.REVIEWED,
            State.GRANTED,
            State.REFUSED,
            State.PRODUCED,
            State.ISSUED,
            State.DECLINED,
        ),
        Pile.ENDED: (State.DELIVERED, State.WITHDRAWN, State.VOIDED),
    },
    "person": {
        Pile.TODO: (State.DRAFT, State.CORRECTING, State.CLOSED),
        Pile.WAITING: (
            State.SUBMITTED,
            State.RECEIVED,
            State.ACCEPTED,
            State.REVIEWED,
            State.GRANTED,
            State.REFUSED,
            State.PRODUCED,
            State.ISSUED,
            State.DECLINED,
        ),
        Pile.ENDED: (State.DELIVERED, State.WITHDRAWN, State.VOIDED),
    },
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
    "papers_at",
    "answer_due_on",
    "accepted_at",
    "due_on",
    "due_provisional",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """A page of rows and the id to continue after (None at the end)."""

    rows: tuple[CaseRow, ...]
    next_after: str | None


def cases(
    *, acting: Acting, pile: Pile = Pile.ALL, after: str | None = None, number: str = ""
) -> CasePage:
    """Return the cases that ``acting`` may see, the newest first (the oldest first for TODO).

    ``number`` narrows to cases whose number begins with it.
    """
    who = access.viewer(acting)
    rows = Case.objects.filter(access.visible(who))
    if pile is not Pile.ALL:
        rows = rows.filter(state__in=[state.value for state in _PILES[_role(who)][pile]])
    if number.strip():
        rows = rows.filter(number__startswith=number.strip())
    oldest_first = pile is Pile.TODO
    if after is not None:
        rows = rows.filter(Q(id__gt=after) if oldest_first else Q(id__lt=after))
    found = list(rows.order_by("id" if oldest_first else "-id").values(*_FIELDS)[: PAGE + 1])
    page = found[:PAGE]
    return CasePage(
        rows=_rows(page, who.today),
        next_after=page[-1]["id"] if len(found) > PAGE else None,
    )


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
    return tuple(_row(row, names, today) for row in found)


def _row(row: dict[str, Any], names: dict[str, str], today: date) -> CaseRow:
    edition = matters.edition(row["edition_id"])
    place = places.place(row["place_id"])
    office = (
        places.office(row["receiving_office_id"])
        if row["receiving_office_id"] is not None
        else None
    )
    state = State(row["state"])
    shown, days_left = case_light(
        Facts(
            state=state,
            papers_at=row["papers_at"],
            answer_due_on=row["answer_due_on"],
            accepted_at=row["accepted_at"],
            due_on=row["due_on"],
        ),
        today,
        places.calendar_of(row["place_id"]),
        places.light_rule_of(row["place_id"]),
    )
    return CaseRow(
        id=row["id"],
        number=row["number"],
        seq=row["seq"],
        state=state,
        mode=row["mode"],
        title=edition.title,
        title_en=edition.title_en,
        place=place.name,
        place_en=place.name_en,
        office=office.name if office else None,
        office_en=office.name_en if office else None,
        applicant=names.get(row["applicant_id"], ""),
        by_agent=row["agent_id"] is not None,
        light=shown,
        days_left=days_left,
        due_on=row["due_on"] or row["answer_due_on"],
        due_provisional=row["due_provisional"],
        outcome=row["outcome"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
    )
