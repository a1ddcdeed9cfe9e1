"""What waits, and what was given up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q

from tongban.kernel import clock
from tongban.work.models import DEAD, WAITING, Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Figures of the backlog gauge.

    ``waiting``: jobs that are due and not taken; ``oldest_age_s``: seconds since the first of
    them was due (0 if there is none); ``dead``: dead letters.
    """

    waiting: int
    oldest_age_s: float
    dead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A job that was given up, with the class and place of its last error."""

    id: str
    name: str
    payload: dict[str, Any]
    attempts: int
    last_error: str
    created_at: datetime


def dead_letters(*, limit: int = 100) -> list[DeadLetter]:
    """Return the jobs that were given up, oldest first. One statement."""
    rows = Job.objects.filter(state=DEAD).order_by("run_after", "id")[:limit]
    return [
        DeadLetter(
            id=job.id,
            name=job.name,
            payload=job.payload,
            attempts=job.attempts,
            last_error=job.last_error,
            created_at=job.created_at,
        )
        for job in rows
    ]


def dead_keys(keys: Iterable[str]) -> set[str]:
    """Return those of the keys whose job was given up. One statement; at most a few hundred."""
    found = Job.objects.filter(state=DEAD, key__in=list(keys)).values_list("key", flat=True)
    return {key for key in found if key is not None}


def backlog() -> Backlog:
    """Return the figures of the backlog gauge. One statement."""
    now = clock.now()
    due = Q(state=WAITING, run_after__lte=now)
    found = Job.objects.filter(due | Q(state=DEAD)).aggregate(
        waiting=Count("id", filter=due),
        oldest=Min("run_after", filter=due),
        dead=Count("id", filter=Q(state=DEAD)),
    )
    age = (now - found["oldest"]).total_seconds() if found["oldest"] else 0.0
    return Backlog(waiting=found["waiting"], oldest_age_s=age, dead=found["dead"])
