from datetime import UTC, date, datetime

import pytest

from support.scene import TONGZHOU, Walk, walk_to
from tongban.agreements.models import Agreement
from tongban.cases import api as cases
from tongban.cases.api import State
from tongban.kernel import clock
from tongban.places import api as places
from tongban.site import wiring
from tongban.work import api as work


def _file(walk: Walk) -> cases.CaseFile:
    return cases.case_file(acting=walk.applicant, case_id=walk.done.case_id, purpose="x")


@pytest.mark.django_db(databases=["default", "keys"])
@pytest.mark.usefixtures("region")
def test_a_new_calendar_moves_the_due_dates_and_writes_no_event() -> None:
    wiring.wire()
    work.run_due(worker="what the region's load has left")
    Agreement.objects.update(ends_on=None)
    with clock.held_at(datetime(2031, 12, 29, 2, 0, tzinfo=UTC)):
        walk = walk_to(State.ACCEPTED, place=TONGZHOU)
        before = _file(walk)
        assert (before.statutory_due_on, before.due_provisional) == (date(2032, 1, 1), True)
        places.put_calendar(
            places.setting_text(TONGZHOU, "calendar"),
            {date(2032, 1, 1): False, date(2032, 1, 2): False},
            published_years=[2031, 2032],
            source="made up for this test",
            apply=True,
        )
        work.run_due(worker="after")
        after = _file(walk)
    assert (after.statutory_due_on, after.due_provisional) == (date(2032, 1, 5), False)
    assert after.events == before.events
    assert work.dead_letters() == []
    assert list(cases.check_cases()) == []


@pytest.mark.django_db(databases=["default", "keys"])
@pytest.mark.usefixtures("region")
def test_a_new_calendar_moves_the_day_of_handing_down_too() -> None:
    wiring.wire()
    work.run_due(worker="what the region's load has left")
    Agreement.objects.update(ends_on=None)
    with clock.held_at(datetime(2031, 12, 29, 2, 0, tzinfo=UTC)):
        walk = walk_to(State.GRANTED, place=TONGZHOU)
        before = _file(walk).limit
        places.put_calendar(
            places.setting_text(TONGZHOU, "calendar"),
            {date(2032, 1, 1): False},
            published_years=[2031, 2032],
            source="made up for this test",
            apply=True,
        )
        work.run_due(worker="after")
        after = _file(walk).limit
    assert before is not None
    assert after is not None
    assert (before.task, before.since) == (cases.Task.HANDING, date(2031, 12, 29))
    assert (before.due_on, after.due_on) == (date(2032, 1, 12), date(2032, 1, 13))
    assert list(cases.check_cases()) == []
