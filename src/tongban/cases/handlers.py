"""Jobs of the cases app, taken idempotently by the worker."""

from datetime import timedelta
from typing import Any

from tongban.cases.actions.silence import (
    SILENCE_JOB,
    accept_by_silence,
    project_due_dates,
    queue_silent,
)
from tongban.places import api as places
from tongban.work import api as work

SWEEP_JOB = "cases.sweep_silence"
SWEEP_EVERY = timedelta(minutes=5)


def _sweep(_payload: dict[str, Any]) -> None:
    queue_silent()


def _accept(payload: dict[str, Any]) -> None:
    accept_by_silence(case_id=payload["case_id"])


def _project(_payload: dict[str, Any]) -> None:
    places.forget()  # this process may still hold the calendar as it was
    project_due_dates()


def register_handlers() -> None:
    """Register what this app does with jobs; called once by the site's wiring."""
    work.register(SWEEP_JOB, _sweep, every=SWEEP_EVERY)
    work.register(SILENCE_JOB, _accept)
    work.register(places.CALENDAR_CHANGED, _project)
