"""Jobs are queued, and revived when they were given up."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from tongban.kernel import clock, ids
from tongban.work import errors
from tongban.work.handlers import recurring
from tongban.work.models import DEAD, LEASED, WAITING, Job
from tongban.work.rules import MAX_ATTEMPTS

# One statement in both dialects. An unfinished job with the key is "updated" to what it is:
# that returns its id, and waits for a worker that is finishing it at this moment.
_INSERT_JOB = f"""
INSERT INTO work_job (id, name, payload, state, run_after, attempts, max_attempts, last_error,
                      "key", created_at)
VALUES (%s, %s, %s, '{WAITING}', %s, 0, %s, '', %s, %s)
ON CONFLICT ("key") WHERE state IN ('{WAITING}', '{LEASED}')
DO UPDATE SET "key" = excluded."key"
RETURNING id
"""  # noqa: S608 - the constants above, no input


def enqueue(
    *,
    name: str,
    payload: Mapping[str, Any],
    run_after: datetime | None = None,
    key: str | None = None,
    max_attempts: int = MAX_ATTEMPTS,
) -> str:
    """Queue a job in the caller's transaction and return its id. One statement.

    ``payload`` is JSON of ids and plain facts, never personal data. ``run_after`` is the
    earliest moment (now, where left out). Where an unfinished job has the same ``key``, that
    one's id is returned and nothing is queued; if a worker is doing it at this moment, the
    call waits for the end and queues a new one. So give keys to short jobs only.
    """
    now = clock.now()
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT_JOB,
            [
                ids.new_id(settings.NODE),
                name,
                connection.ops.adapt_json_value(dict(payload), None),
                adapt(run_after or now),
                max_attempts,
                key,
                adapt(now),
            ],
        )
        (job_id,) = cursor.fetchone()
    return str(job_id)


def start_recurring() -> None:
    """Queue each recurring job that isn't queued; every worker calls it when it starts."""
    with transaction.atomic():
        for name in recurring():
            enqueue(name=name, payload={}, key=name)


def revive(*, job_id: str) -> None:
    """Let a dead letter be tried again from now, with all its attempts.

    Raises ``errors.NotDead`` if the job is no dead letter, or one with its key is waiting.
    """
    try:
        with transaction.atomic():
            revived = Job.objects.filter(id=job_id, state=DEAD).update(
                state=WAITING, attempts=0, run_after=clock.now()
            )
    except IntegrityError:
        revived = 0
    if not revived:
        raise errors.NotDead(job_id=job_id)
