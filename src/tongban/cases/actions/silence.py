"""When the office stays silent: acceptance by law (行政许可法 art. 32(4))."""

from collections.abc import Iterator
from itertools import islice

from django.conf import settings
from django.db import transaction

from tongban.cases.actions.acceptance import take_up
from tongban.cases.actions.frame import append, begin, locked
from tongban.cases.crossing import standing
from tongban.cases.rules import day_of, silent
from tongban.cases.transitions import TABLE, Side, State, Verb
from tongban.federation import api as federation
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind, Channel
from tongban.work import api as work

BATCH = 200
SILENCE_JOB = "cases.accept_by_silence"


def queue_silent() -> int:
    """Queue a job for each licensing case whose office let the five days pass; return how many.

    A job each, so that a case that cannot be accepted becomes a dead letter and holds up no other;
    it is not queued again while its dead letter stands. Other kinds of matter just turn red.
    """
    today = day_of(clock.now())
    waiting = (
        standing.cases_here()
        .filter(silence_on__lt=today)
        .order_by("silence_on", "id")
        .values_list("id", flat=True)
        .iterator(chunk_size=BATCH)
    )
    return sum(_queue(batch) for batch in _batches(waiting))


def _batches(case_ids: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(case_ids, BATCH)):
        yield batch


def _queue(case_ids: list[str]) -> int:
    keys = {f"{SILENCE_JOB}:{case_id}": case_id for case_id in case_ids}
    wanted = keys.keys() - work.dead_keys(keys)
    for key in sorted(wanted):
        work.enqueue(name=SILENCE_JOB, payload={"case_id": keys[key]}, key=key)
    return len(wanted)


def accept_by_silence(*, case_id: str) -> bool:
    """Accept one case if its office is silent past its day; False if somebody has answered.

    It counts as accepted from the day the papers came, and only where the matter is 行政许可:
    no other case has a ``silence_on``.
    """
    acting = Acting(
        actor_kind=ActorKind.SYSTEM,
        actor_id=f"{settings.NODE}.silence",
        channel=Channel.WORKER,
    )
    with transaction.atomic():
        case = locked(case_id)
        row = TABLE[Verb.ACCEPT]
        if (
            not federation.hosts(case.place_id)
            or standing.abroad_orders(case)
            or State(case.state) not in row.sources
            or case.papers_at is None
            or not silent(case.silence_on, day_of(clock.now()))
        ):
            return False
        step = begin(case=case, acting=acting, row=row, side=Side.SYSTEM, opening=None)
        step.at = case.papers_at
        take_up(step, by_silence=True)
        append(step)
        return True
