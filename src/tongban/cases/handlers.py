"""Jobs of the cases app, taken idempotently by the worker."""

from datetime import timedelta
from typing import Any

from tongban.cases.actions.projection import project_due_dates
from tongban.cases.actions.silence import SILENCE_JOB, accept_by_silence, queue_silent
from tongban.cases.crossing import (
    asking,
    erasing,
    files,
    forms,
    handing,
    hearing,
    packing,
    pointing,
    recovering,
    telling,
)
from tongban.federation import api as federation
from tongban.kernel import clock
from tongban.places import api as places
from tongban.work import api as work

SWEEP_JOB = "cases.sweep_silence"
SWEEP_EVERY = timedelta(minutes=5)
PROJECT_JOB = "cases.project_due_dates"
STALE_CALENDARS = timedelta(minutes=2)
"""Longer than a process may go on with the calendar it holds; what it did meanwhile is reckoned
in a second pass."""


def _sweep(_payload: dict[str, Any]) -> None:
    queue_silent()


def _accept(payload: dict[str, Any]) -> None:
    accept_by_silence(case_id=payload["case_id"])


def _calendar_changed(_payload: dict[str, Any]) -> None:
    work.enqueue(name=PROJECT_JOB, payload={"after": ""})
    work.enqueue(name=PROJECT_JOB, payload={"after": ""}, run_after=clock.now() + STALE_CALENDARS)


def _project(payload: dict[str, Any]) -> None:
    places.forget()  # this process may still hold the calendar as it was
    last = project_due_dates(after=payload["after"])
    if last is not None:
        work.enqueue(name=PROJECT_JOB, payload={"after": last})


def _forget(_payload: dict[str, Any]) -> None:
    erasing.forget()


def register_handlers() -> None:
    """Register what this app does with jobs; called once by the site's wiring."""
    work.register(SWEEP_JOB, _sweep, every=SWEEP_EVERY)
    work.register(SILENCE_JOB, _accept)
    work.register(places.CALENDAR_CHANGED, _calendar_changed)
    work.register(PROJECT_JOB, _project)
    work.register(handing.HAND_JOB, handing.hand_over)
    federation.register(
        handing.HANDED,
        take=handing.take_handed,
        answered=handing.answered,
        schema=forms.HANDED,
        again=recovering.handed_again,
    )
    federation.register(
        telling.TOLD,
        take=telling.take_told,
        answered=telling.answered,
        refused=telling.refused,
        schema=forms.TOLD,
        again=recovering.told_again,
    )
    federation.register(
        asking.PROPOSED,
        take=hearing.take_proposed,
        answered=asking.answered,
        schema=forms.PROPOSED,
        again=recovering.proposed_again,
        retake=recovering.take_files,
    )
    work.register(erasing.FORGET_JOB, _forget, every=timedelta(days=1))
    federation.register(erasing.ERASED, take=erasing.take_erased, schema=packing.ERASED)
    federation.register(
        pointing.POINTED,
        take=pointing.take_pointed,
        answered=pointing.answered,
        schema=packing.POINTED,
    )
    federation.register(pointing.UNPOINTED, take=pointing.take_unpointed, schema=packing.UNPOINTED)
    federation.register_files(files.open_file)
