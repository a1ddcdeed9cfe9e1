"""A person is erased 清除, once no case of theirs stands against it."""

from django.db import transaction
from django.db.models import Q

from tongban.cases.crossing import erasing
from tongban.cases.models import Case
from tongban.cases.rules import check_erasure, day_of, kept_until
from tongban.cases.transitions import OVER, State
from tongban.delivery import api as delivery
from tongban.federation import api as federation
from tongban.identity import api as identity
from tongban.kernel import clock
from tongban.kernel.acting import Acting
from tongban.places import api as places
from tongban.work import api as work


def erase_person(*, acting: Acting, person_id: str, ground: identity.ErasureGround) -> int:
    """Erase a person and return how many keys were destroyed; 0 for one erased before.

    Their cases stay, as numbers, states and moments: whoever opens one finds no name and no
    paper. Nodes that have data of theirs are told, and what was said between them is emptied.
    PersonHasCase, PersonHasPaper, RetentionRuns; identity's ErasureNotYours and PersonMissing. A
    refusal leaves everything as it was.
    """
    with transaction.atomic():
        identity.lock_person(person_id)
        _check(person_id)
        keys = identity.erase_person(acting=acting, person_id=person_id, ground=ground)
        if keys and federation.own() is not None:
            erasing.tell(person_id, ground)
            work.enqueue(name=erasing.FORGET_JOB, payload={})
        return keys


def _check(person_id: str) -> None:
    """Ask the law about every case in which the person is the applicant or an agent."""
    theirs = Case.objects.filter(Q(applicant_id=person_id) | Q(agent_id=person_id))
    cases = list(theirs.values_list("id", "state", "place_id", "closed_at", "changed_at"))
    over = [row for row in cases if State(row[1]) in OVER]
    check_erasure(
        running=len(cases) - len(over),
        papers=delivery.count_held(kind="case", subject_ids=[row[0] for row in cases]),
        kept=[
            kept_until(day_of(closed_at or changed_at), _years(place_id))
            for _, _, place_id, closed_at, changed_at in over
        ],
        today=day_of(clock.now()),
    )


def _years(place_id: str) -> int:
    return places.setting_number(place_id, "retention_years") or 0
