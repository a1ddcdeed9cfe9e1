"""Which function does which job, and this app's own jobs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tongban.kernel import clock
from tongban.work.models import IdempotencyKey

KEYS_KEPT = timedelta(days=7)
SWEEP_KEYS = "work.sweep_keys"
_SWEEP_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Handler:
    """A job's function; ``every`` is set for a job that comes back by itself."""

    function: Callable[[dict[str, Any]], None]
    every: timedelta | None = None


_handlers: dict[str, Handler] = {}


def register(
    name: str, function: Callable[[dict[str, Any]], None], *, every: timedelta | None = None
) -> None:
    """Let ``function`` do the jobs of ``name``; ValueError if another function does already.

    With ``every``, the job is queued again for that much later whenever it is done or given
    up; ``start_recurring`` queues it the first time.
    """
    handler = Handler(function, every)
    if _handlers.setdefault(name, handler) != handler:
        message = f"two handlers for the job {name!r}"
        raise ValueError(message)


def handler_of(name: str) -> Handler | None:
    """Return the handler of ``name``, or None where none is registered in this process."""
    return _handlers.get(name)


def recurring() -> dict[str, timedelta]:
    """Return the names and intervals of the jobs that come back by themselves."""
    return {name: h.every for name, h in sorted(_handlers.items()) if h.every is not None}


def sweep_keys(payload: dict[str, Any]) -> None:  # noqa: ARG001 - the shape of every handler
    """Forget idempotency keys older than seven days, a batch at a time, oldest first."""
    old = IdempotencyKey.objects.filter(created_at__lt=clock.now() - KEYS_KEPT)
    while ids := list(old.order_by("created_at").values_list("pk", flat=True)[:_SWEEP_BATCH]):
        IdempotencyKey.objects.filter(pk__in=ids).delete()


def register_handlers() -> None:
    """Register this app's own jobs; the site calls it once."""
    register(SWEEP_KEYS, sweep_keys, every=timedelta(days=1))
