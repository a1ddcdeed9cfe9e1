"""The lists that officers, clerks and applicants work from: order, pages, heaps."""

from datetime import UTC, datetime, timedelta

import pytest

from support.scene import DACHANG, TONGZHOU, Walk, walk_to
from tongban.cases import api as cases
from tongban.cases.api import Pile, State
from tongban.cases.models import Case
from tongban.cases.queries import lists
from tongban.kernel import clock

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]

MONDAY = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)


def _queue(walk: Walk, after: str | None = None) -> cases.CasePage:
    return cases.cases(acting=walk.officer, pile=Pile.TODO, after=after)


def test_an_officers_queue_begins_with_what_is_due_first() -> None:
    with clock.held_at(MONDAY):
        refused = walk_to(State.REFUSED)  # no limit runs
        submitted = walk_to(State.SUBMITTED)  # five days to answer
    with clock.held_at(MONDAY + timedelta(days=1)):
        accepted = walk_to(State.ACCEPTED)  # a day to decide
        walk_to(State.SUBMITTED, place=DACHANG)  # another agency's
        page = _queue(submitted)
    order = [walk.done.case_id for walk in (accepted, submitted, refused)]
    assert [row.id for row in page.rows] == order
    assert [row.days_left for row in page.rows] == [1, 4, None]


def test_a_queue_is_read_page_by_page_without_loss_or_repeat(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    walks = [walk_to(state) for state in (State.SUBMITTED, State.REFUSED, State.ACCEPTED)]
    walks += [walk_to(State.SUBMITTED), walk_to(State.REFUSED)]
    read, after = [], None
    for _ in range(3):
        page = _queue(walks[0], after)
        read += [row.id for row in page.rows]
        after = page.next_after
    assert after is None
    expected = [walks[index].done.case_id for index in (2, 0, 3, 1, 4)]
    assert read == expected


@pytest.mark.parametrize("mark", ["", "_", "yesterday_x", "2026-13-01_x", "'; --"])
def test_a_mark_that_is_none_begins_anew(mark: str) -> None:
    walk = walk_to(State.SUBMITTED)
    assert [row.id for row in _queue(walk, mark).rows] == [walk.done.case_id]


def test_a_case_leaves_the_queue_while_the_applicant_corrects() -> None:
    walk = walk_to(State.SUBMITTED)
    walk.ask()
    assert _queue(walk).rows == ()
    assert Case.objects.get().agency_due_on is None
    walk.correct()
    assert [row.id for row in _queue(walk).rows] == [walk.done.case_id]


def test_a_heap_of_drafts_hides_no_result_at_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 1)
    begun = [Walk(place=TONGZHOU, mode="received").begin() for _ in range(2)]
    coming = [walk_to(State.CLOSED, mode="received") for _ in range(2)]
    arrived = walk_to(State.CLOSED, mode="received")
    refused = walk_to(State.REFUSED, mode="received").close()
    heaps = cases.window_heaps(acting=arrived.window, arrived={arrived.done.case_id})
    assert [row.id for row in heaps.ready.rows] == [arrived.done.case_id]
    assert heaps.ready.next_after == arrived.done.case_id  # the refusal follows
    assert [row.id for row in heaps.coming.rows] == [coming[0].done.case_id]
    assert [row.id for row in heaps.drafts.rows] == [begun[1].done.case_id]
    assert heaps.correcting.rows == ()
    monkeypatch.setattr(lists, "PAGE", 9)
    heaps = cases.window_heaps(acting=arrived.window, arrived={arrived.done.case_id})
    assert [row.id for row in heaps.ready.rows] == [arrived.done.case_id, refused.done.case_id]
    assert [row.id for row in heaps.coming.rows] == [walk.done.case_id for walk in coming]


def test_a_queue_that_belies_its_limits_is_found_out() -> None:
    walk = walk_to(State.SUBMITTED)
    day = Case.objects.get().answer_due_on
    Case.objects.update(agency_due_on=None)
    assert [damage.what for damage in cases.check_cases()] == [f"queued for None, limits say {day}"]
    assert _queue(walk).rows == ()
