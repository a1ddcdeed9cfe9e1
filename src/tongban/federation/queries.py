"""How this node stands with the others."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q

from tongban.federation import known
from tongban.federation.models import InMessage, OutMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerView:
    """A trusted node, and what lies between: messages that wait, since when, what is in the way.

    ``checked`` is when it last showed the document that is trusted, ``takes`` what types of
    messages it says that it understands.
    """

    node: str
    address: str
    places: tuple[str, ...]
    serial: int
    fingerprint: str
    checked: datetime | None
    waiting: int
    oldest: datetime | None
    given_up: int
    heard: datetime | None
    takes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that was given up: someone must look, and revive it."""

    id: str
    to: str
    kind: str
    lane: str
    created_at: datetime
    trouble: str


def peers() -> tuple[PeerView, ...]:
    """Return the trusted nodes, by name. Two statements."""
    rows = (
        OutMessage.objects.filter(answered_at=None)
        .values("to")
        .annotate(
            waiting=Count("id"),
            oldest=Min("created_at"),
            given_up=Count("id", filter=Q(given_up=True)),
        )
    )
    out: dict[str, dict[str, Any]] = {row["to"]: dict(row) for row in rows}
    heard = dict(InMessage.objects.values_list("sender").annotate(Max("received_at")))
    return tuple(
        PeerView(
            node=name,
            address=one.address,
            places=one.places,
            serial=one.serial,
            fingerprint=one.fingerprint,
            checked=known.checked_at(name),
            waiting=out.get(name, {}).get("waiting", 0),
            oldest=out.get(name, {}).get("oldest"),
            given_up=out.get(name, {}).get("given_up", 0),
            heard=heard.get(name),
            takes=one.takes,
        )
        for name, one in known.trusted().items()
    )


def heard_at(name: str) -> datetime | None:
    """Return when a node was last heard: by a message, or as it showed its document. One statement.

    By messages alone, one that has nothing to say would seem silent.
    """
    last = InMessage.objects.filter(sender=name).aggregate(last=Max("received_at"))["last"]
    shown = known.checked_at(name)
    return max((one for one in (last, shown) if one is not None), default=None)


def unreachable() -> dict[str, int]:
    """Return how many messages wait for nodes that are trusted no more. One statement."""
    rows = OutMessage.objects.filter(answered_at=None).exclude(to__in=known.trusted())
    return dict(rows.values_list("to").annotate(Count("id")).order_by("to"))


def letters() -> tuple[Letter, ...]:
    """Return the messages that were given up, the oldest first. One statement."""
    rows = OutMessage.objects.filter(given_up=True, answered_at=None).order_by("id")
    return tuple(
        Letter(
            id=row.id,
            to=row.to,
            kind=row.kind,
            lane=row.lane,
            created_at=row.created_at,
            trouble=row.trouble,
        )
        for row in rows
    )
