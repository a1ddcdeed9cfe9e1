"""When the office stays silent: acceptance by law, and due dates when a calendar changes."""

from django.conf import settings
from django.db import transaction

from tongban.cases.actions.acceptance import take_up
from tongban.cases.actions.frame import append, begin, locked
from tongban.cases.models import Case
from tongban.cases.rules import answer_due, day_of, decision_clock, silence_day
from tongban.cases.transitions import TABLE, Side, State, Verb
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind, Channel
from tongban.matters import api as matters
from tongban.places import api as places
from tongban.work import api as work

BATCH = 200
SILENCE_JOB = "cases.accept_by_silence"


def queue_silent(*, limit: int = BATCH) -> int:
    """Queue a job for each licensing case whose office let the five days pass; return how many.

    A job each, so that one case that cannot be accepted becomes a dead letter with an owner and
    holds up no other. Other kinds of matter just turn red.
    """
    today = day_of(clock.now())
    waiting = (
        Case.objects.filter(
            state__in=(State.SUBMITTED.value, State.RECEIVED.value),
            answer_due_on__lt=today,
            edition__task_type="01",
        )
        .order_by("answer_due_on", "id")
        .values_list("id", flat=True)[:limit]
    )
    for case_id in waiting:
        work.enqueue(name=SILENCE_JOB, payload={"case_id": case_id}, key=f"{SILENCE_JOB}:{case_id}")
    return len(waiting)


def accept_by_silence(*, case_id: str) -> bool:
    """Accept one case if its office is silent past its day; False if somebody has answered.

    Silence counts as acceptance from the day the papers came, for 行政许可 only (art. 32(4)).
    """
    acting = Acting(
        actor_kind=ActorKind.SYSTEM,
        actor_id=f"{settings.NODE}.silence",
        channel=Channel.WORKER,
    )
    with transaction.atomic():
        case = locked(case_id)
        row = TABLE[Verb.ACCEPT]
        today = day_of(clock.now())
        if (
            State(case.state) not in row.sources
            or case.papers_at is None
            or case.answer_due_on is None
            or not silence_day(case.answer_due_on, today)
            or not matters.edition(case.edition_id).silence_accepts
        ):
            return False
        step = begin(case=case, acting=acting, row=row, side=Side.SYSTEM, opening=None)
        step.at = case.papers_at
        take_up(step, by_silence=True)
        append(step)
        return True


def project_due_dates() -> int:
    """Reckon the due dates of running cases anew after a calendar changed; return how many moved.

    A due date is a projection of facts and calendar, so this writes no event.
    """
    moved = 0
    running = Case.objects.filter(
        state__in=(
            State.SUBMITTED.value,
            State.RECEIVED.value,
            State.ACCEPTED.value,
            State.REVIEWED.value,
        ),
    ).values_list("id", flat=True)
    for case_id in running.iterator():
        with transaction.atomic():
            moved += _project(locked(case_id))
    return moved


def _project(case: Case) -> int:
    edition = matters.edition(case.edition_id)
    calendar = places.calendar_of(case.place_id)
    before = (case.answer_due_on, case.due_on, case.statutory_due_on, case.due_provisional)
    if case.accepted_at is not None:
        reckoned = decision_clock(
            case.accepted_at,
            edition.statutory.limit,
            edition.promised.limit if edition.promised is not None else None,
            calendar,
        )
        case.due_on, case.due_provisional = reckoned.due.on, reckoned.due.provisional
        case.statutory_due_on = reckoned.statutory.on
    elif case.papers_at is not None:
        case.answer_due_on = answer_due(case.papers_at, edition.receive_answer_limit, calendar).on
    after = (case.answer_due_on, case.due_on, case.statutory_due_on, case.due_provisional)
    if after == before:
        return 0
    case.save(update_fields=["answer_due_on", "due_on", "statutory_due_on", "due_provisional"])
    return 1
