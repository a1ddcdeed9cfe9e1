"""What is seen flowing between this node and its peers: figures, never what a message says."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min, Q
from django.db.models.functions import TruncMinute

from tongban.federation import known
from tongban.federation.models import InMessage, OutMessage
from tongban.kernel import clock
from tongban.kernel.ids import first_id

HOUR = timedelta(hours=1)
_LOOKED_BACK = timedelta(days=1)
"""Messages to others are found by when they were written: what waited longer isn't counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerFlow:
    """How it stands with one node.

    ``waiting`` are all messages without an answer; of them ``doubtful`` were tried, so that the
    other node may have taken them, and ``given_up`` are letters. ``answered`` and ``taken`` are
    when it last settled one of ours, and we one of its.
    """

    node: str
    address: str
    places: tuple[str, ...]
    serial: int
    checked: datetime | None
    waiting: int
    doubtful: int
    given_up: int
    oldest: datetime | None
    answered: datetime | None
    taken: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """The messages of a minute: ``sent`` were settled by other nodes, ``taken`` by this one."""

    at: datetime
    sent: int
    taken: int


def flows() -> tuple[PeerFlow, ...]:
    """Return how it stands with each trusted node. One statement, and two for each node."""
    rows = (
        OutMessage.objects.filter(answered_at=None)
        .values("to")
        .annotate(
            waiting=Count("id"),
            doubtful=Count("id", filter=Q(attempts__gt=0, given_up=False)),
            given_up=Count("id", filter=Q(given_up=True)),
            oldest=Min("created_at"),
        )
    )
    out: dict[str, dict[str, Any]] = {row["to"]: dict(row) for row in rows}
    return tuple(_flow(name, out.get(name, {})) for name in known.trusted())


def _flow(name: str, out: dict[str, Any]) -> PeerFlow:
    peer = known.peer(name)
    settled = OutMessage.objects.filter(to=name, answered_at__isnull=False).order_by("-id")
    came = InMessage.objects.filter(sender=name)
    return PeerFlow(
        node=name,
        address=peer.address,
        places=peer.places,
        serial=peer.serial,
        checked=known.checked_at(name),
        waiting=out.get("waiting", 0),
        doubtful=out.get("doubtful", 0),
        given_up=out.get("given_up", 0),
        oldest=out.get("oldest"),
        answered=settled.values_list("answered_at", flat=True).first(),
        taken=came.aggregate(last=Max("received_at"))["last"],
    )


def last_hour() -> tuple[Minute, ...]:
    """Return the sixty minutes up to now, the oldest first. Two statements."""
    now = clock.now()
    first = now.replace(second=0, microsecond=0) - HOUR + timedelta(minutes=1)
    sent = _counted(
        OutMessage.objects.filter(
            id__gte=first_id(settings.NODE, now - _LOOKED_BACK), answered_at__gte=first
        ),
        "answered_at",
    )
    taken = _counted(
        InMessage.objects.filter(sender__in=known.trusted(), received_at__gte=first), "received_at"
    )
    minutes = (first + timedelta(minutes=place) for place in range(60))
    return tuple(Minute(at=at, sent=sent[at], taken=taken[at]) for at in minutes)


def _counted(rows: Any, column: str) -> Counter[datetime]:  # noqa: ANN401 - a queryset of either
    found = (
        rows.annotate(minute=TruncMinute(column, tzinfo=UTC))
        .values_list("minute")
        .annotate(Count("id"))
        .order_by("minute")
    )
    return Counter(dict(found))
