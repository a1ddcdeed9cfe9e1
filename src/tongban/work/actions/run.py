"""A worker takes due jobs and does them."""

import random
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction

from tongban.kernel import clock, ids
from tongban.work.actions.jobs import enqueue
from tongban.work.handlers import handler_of
from tongban.work.models import DEAD, LEASED, WAITING, Job
from tongban.work.rules import describe, wait_after

LEASE = timedelta(minutes=5)
_log = structlog.get_logger("tongban.work")


class _NoHandlerError(LookupError):
    """No function is registered for the job's name; a newer worker may have one."""


def run_due(*, worker: str, limit: int = 20) -> int:
    """Do at most ``limit`` due jobs, one after the other; return how many were tried.

    ``worker`` names the process in the table (at most 60 characters). Each job runs in a
    transaction of its own together with the removal of its row. Must be called outside of a
    transaction. Nothing due: two reads and no write. Jobs that failed before come first, one
    at a time, and get at most a quarter of ``limit``.
    """
    _sweep_leases()
    tried = 0
    while tried < max(1, limit // 4) and _claim_and_run(worker, retries=True, limit=1):
        tried += 1
    if tried < limit:
        tried += _claim_and_run(worker, retries=False, limit=limit - tried)
    return tried


def _sweep_leases() -> None:
    """Give back the jobs of workers that are gone; each counts as a failed attempt."""
    now = clock.now()
    expired = Job.objects.filter(state=LEASED, lease_until__lt=now)
    if not expired.exists():
        return
    with transaction.atomic():
        for job in expired.select_for_update(skip_locked=True):
            _put_back(job, now, "lease expired")


def _claim_and_run(worker: str, *, retries: bool, limit: int) -> int:
    token = f"{worker}/{ids.new_id(settings.NODE)}"
    jobs = _claim(token, retries=retries, limit=limit)
    lease_ends = clock.now() + LEASE
    for job in jobs:
        if lease_ends - clock.now() < LEASE / 2:
            lease_ends = clock.now() + LEASE
            Job.objects.filter(leased_by=token).update(lease_until=lease_ends)
        _run(job, token)
    return len(jobs)


def _claim(token: str, *, retries: bool, limit: int) -> list[Job]:
    """Lease due jobs. Claimers skip each other's rows; SQLite has one writer at a time anyway."""
    now = clock.now()
    due = Job.objects.filter(state=WAITING, run_after__lte=now)
    due = due.filter(attempts__gt=0) if retries else due.filter(attempts=0)
    if not due.exists():
        return []
    with transaction.atomic(durable=True):
        jobs = list(
            due.select_for_update(skip_locked=True).order_by("run_after", "id")[:limit],
        )
        Job.objects.filter(id__in=[job.id for job in jobs]).update(
            state=LEASED, leased_by=token, lease_until=now + LEASE
        )
    return jobs


def _run(job: Job, token: str) -> None:
    try:
        with transaction.atomic(durable=True):
            # First the row, then the work: the row stays locked meanwhile, so nobody can take
            # an expired lease, and the work may queue a job with the same key again.
            gone, _ = Job.objects.filter(id=job.id, state=LEASED, leased_by=token).delete()
            if gone:
                _do(job)
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is kept and retried
        _failed(job, token, describe(error))


def _do(job: Job) -> None:
    handler = handler_of(job.name)
    if handler is None:
        raise _NoHandlerError
    handler.function(job.payload)
    if handler.every is not None:
        _queue_again(job.name, clock.now() + handler.every)


def _queue_again(name: str, run_after: datetime) -> None:
    enqueue(name=name, payload={}, run_after=run_after, key=name)


def _failed(job: Job, token: str, error: str) -> None:
    _log.warning("job_failed", job=job.id, name=job.name, attempt=job.attempts + 1, error=error)
    with transaction.atomic(durable=True):
        held = Job.objects.select_for_update().filter(id=job.id, state=LEASED, leased_by=token)
        for row in held:
            _put_back(row, clock.now(), error)


def _put_back(job: Job, now: datetime, error: str) -> None:
    """Count the attempt; let the job wait, or lay it with the dead letters. In a transaction."""
    attempts = job.attempts + 1
    dead = attempts >= job.max_attempts
    Job.objects.filter(id=job.id).update(
        state=DEAD if dead else WAITING,
        attempts=attempts,
        # Jitter, not a secret.
        run_after=now + wait_after(attempts, random.random()),  # noqa: S311
        leased_by=None,
        lease_until=None,
        last_error=error,
    )
    if dead:
        _log.error("job_dead", job=job.id, name=job.name, error=error)
        handler = handler_of(job.name)
        if handler is not None and handler.every is not None:
            _queue_again(job.name, now + handler.every)
