"""Due dates are a projection of facts and calendar: reckoned anew when the calendar changes."""

from django.db import transaction

from tongban.cases.actions.frame import locked
from tongban.cases.models import Case
from tongban.cases.queries.due import DUE_COLUMNS, RUNNING, reckon

BATCH = 200


def project_due_dates(*, after: str) -> str | None:
    """Reckon the dates of the next running cases by id; return the last id, None at the end.

    One batch, so that no case stays locked for long. It writes no event.
    """
    running = (
        Case.objects.filter(id__gt=after, state__in=RUNNING)
        .order_by("id")
        .values_list("id", flat=True)[:BATCH]
    )
    batch = list(running)
    for case_id in batch:
        with transaction.atomic():
            _project(locked(case_id))
    return batch[-1] if len(batch) == BATCH else None


def _project(case: Case) -> None:
    """Set the dates of a case from the calendar of today; the state is asked again, under lock."""
    before = [getattr(case, column) for column in DUE_COLUMNS]
    reckon(case)
    if [getattr(case, column) for column in DUE_COLUMNS] != before:
        case.save(update_fields=DUE_COLUMNS)
