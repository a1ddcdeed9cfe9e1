"""What lists say of cases that another node orders: of when that is, and who is silent."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from tongban.cases.models import CaseAbroad, PersonAbroad, Pointer
from tongban.cases.transitions import State
from tongban.federation import api as federation
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind
from tongban.places import api as places

MOST = 100
"""Pointers of a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAbroad:
    """Of a row: the node that orders the case, and of when what is shown is.

    ``underway`` while it is being handed over, ``differs`` where it was sent back or the two
    records are not the same. ``ordered_here`` of a case that this node orders and that one copies.
    """

    node: str
    ordered_here: bool
    as_of: datetime
    underway: bool
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PointerRow:
    """A case that another node orders and shows a person here; ``address`` is where it runs."""

    id: str
    node: str
    address: str
    number: str
    title: str
    title_en: str
    place: str
    place_en: str
    state: State
    outcome: str
    asked: bool
    changed_at: datetime
    told_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """A node of which nothing was heard for longer than ``federation.SILENT_AFTER``."""

    node: str
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """A node at which a person is known too; it shows them their cases since ``agreed_at``."""

    node: str
    agreed_at: datetime | None


def rows_abroad(case_ids: Collection[str]) -> dict[str, RowAbroad]:
    """Return what rows say of other nodes. One statement, none where there can be no other."""
    if not case_ids or federation.own() is None:
        return {}
    return {
        row.case_id: RowAbroad(
            node=row.node,
            ordered_here=row.ordered_here,
            as_of=row.heard_at or row.answered_at or row.handed_at,
            underway=not row.ordered_here and row.answered_at is None,
            differs=bool(row.trouble or row.refused),
        )
        for row in CaseAbroad.objects.filter(case_id__in=case_ids)
    }


def silent_nodes(nodes: Collection[str]) -> tuple[Silent, ...]:
    """Return those of the nodes that are silent, and since when. One statement each."""
    now = clock.now()
    heard = {node: federation.heard_at(node) for node in sorted(nodes)}
    return tuple(
        Silent(node=node, since=at)
        for node, at in heard.items()
        if at is None or now - at > federation.SILENT_AFTER
    )


def pointers(*, acting: Acting, states: Collection[State]) -> tuple[PointerRow, ...]:
    """Return the cases that other nodes show this person, the newest first. One statement.

    None where there can be no other node. Who acts for another sees their own alone.
    """
    if acting.actor_kind is not ActorKind.PERSON or federation.own() is None:
        return ()
    trusted = federation.trusted()
    wanted = Pointer.objects.filter(
        person_id=acting.actor_id, state__in=[state.value for state in states], node__in=trusted
    )
    return tuple(
        PointerRow(
            id=row.id,
            node=row.node,
            address=trusted[row.node].address,
            number=row.number,
            title=row.title,
            title_en=row.title_en,
            place=places.place(row.place_id).name,
            place_en=places.place(row.place_id).name_en,
            state=State(row.state),
            outcome=row.outcome,
            asked=row.asked,
            changed_at=row.changed_at,
            told_at=row.told_at,
        )
        for row in wanted.order_by("-id")[:MOST]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose a stuck message of a case is: the receiving office, or the deciding agency."""

    name: str
    name_en: str


def owners_of(case_ids: Collection[str]) -> dict[str, Owner]:
    """Return who is to look at what is stuck of these cases, by case. One statement."""
    rows = CaseAbroad.objects.filter(case_id__in=case_ids).values_list(
        "case_id", "ordered_here", "case__agency_id", "case__receiving_office_id"
    )
    found: dict[str, Owner] = {}
    for case_id, ordered_here, agency_id, office_id in rows:
        one = places.agency(agency_id) if ordered_here else places.office(office_id or "")
        found[case_id] = Owner(name=one.name, name_en=one.name_en)
    return found


def showings(*, acting: Acting) -> tuple[Showing, ...]:
    """Return the nodes at which this person is known too. One statement; none, as above."""
    if acting.actor_kind is not ActorKind.PERSON or federation.own() is None:
        return ()
    links = PersonAbroad.objects.filter(
        person_id=acting.actor_id, node__in=federation.trusted()
    ).order_by("node")
    return tuple(Showing(node=row.node, agreed_at=row.agreed_at) for row in links)
