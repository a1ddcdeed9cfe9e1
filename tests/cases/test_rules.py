from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.cases import rules
from tongban.cases.errors import NoticeWidened, ReasonMissing
from tongban.cases.transitions import State
from tongban.kernel.acting import Presence
from tongban.kernel.workdays import Calendar, Light, LightRule, Limit, Unit

PLAIN = Calendar(name="plain", version=1, days={}, published_years=frozenset({2026}))
NEW_YEAR = Calendar(
    name="cn",
    version=1,
    days={date(2026, 2, day): False for day in range(16, 24)} | {date(2026, 2, 28): True},
    published_years=frozenset({2026}),
)
FIVE = Limit(5, Unit.WORKING_DAYS)
THREE = Limit(3, Unit.WORKING_DAYS)


def test_a_day_is_beijings_not_utcs() -> None:
    assert rules.day_of(datetime(2026, 3, 2, 16, 0, tzinfo=UTC)) == date(2026, 3, 3)
    assert rules.day_of(datetime(2026, 3, 2, 15, 59, tzinfo=UTC)) == date(2026, 3, 2)


def test_the_five_days_start_the_day_after_the_papers_came() -> None:
    monday = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    assert rules.answer_due(monday, FIVE, PLAIN).on == date(2026, 3, 9)


def test_the_five_days_leave_out_the_lunar_new_year() -> None:
    friday_before = datetime(2026, 2, 13, 2, 0, tzinfo=UTC)
    due = rules.answer_due(friday_before, FIVE, NEW_YEAR)
    # 24, 25, 26, 27 February and the working Saturday 28.
    assert due.on == date(2026, 2, 28)
    assert due.provisional is False


def test_a_day_in_an_unpublished_year_is_provisional() -> None:
    due = rules.answer_due(datetime(2026, 12, 30, 2, 0, tzinfo=UTC), FIVE, PLAIN)
    assert due.on == date(2027, 1, 6)
    assert due.provisional is True


def test_silence_accepts_the_day_after_the_laws_last_day() -> None:
    last = rules.silence_day(datetime(2026, 3, 2, 2, 0, tzinfo=UTC), PLAIN)
    assert last == date(2026, 3, 9)
    assert rules.silent(last, date(2026, 3, 9)) is False
    assert rules.silent(last, date(2026, 3, 10)) is True
    assert rules.silent(None, date(2026, 3, 10)) is False


def test_silence_accepts_nothing_while_the_years_holidays_are_unknown() -> None:
    assert rules.silence_day(datetime(2026, 12, 30, 2, 0, tzinfo=UTC), PLAIN) is None


def test_the_promise_holds_where_it_is_shorter_and_the_law_where_it_is_not() -> None:
    accepted = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    clock = rules.decision_clock(accepted, Limit(20, Unit.WORKING_DAYS), THREE, PLAIN)
    assert (clock.due.on, clock.statutory.on) == (date(2026, 3, 5), date(2026, 3, 30))
    clock = rules.decision_clock(accepted, THREE, Limit(20, Unit.WORKING_DAYS), PLAIN)
    assert (clock.due.on, clock.statutory.on) == (date(2026, 3, 5), date(2026, 3, 5))
    clock = rules.decision_clock(accepted, THREE, None, PLAIN)
    assert clock.due == clock.statutory


def _facts(state: State) -> rules.Facts:
    return rules.Facts(
        state=state,
        papers_at=datetime(2026, 3, 2, 2, 0, tzinfo=UTC),
        answer_due_on=date(2026, 3, 9),
        accepted_at=datetime(2026, 3, 3, 2, 0, tzinfo=UTC),
        due_on=date(2026, 3, 31),
        decided_at=datetime(2026, 3, 20, 2, 0, tzinfo=UTC),
        hand_due_on=date(2026, 4, 3),
    )


def test_what_was_granted_is_handed_down_within_ten_days_of_the_decision() -> None:
    decided = datetime(2026, 3, 20, 2, 0, tzinfo=UTC)
    ten = Limit(10, Unit.WORKING_DAYS)
    assert rules.handing_due(decided, ten, PLAIN).on == date(2026, 4, 3)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.SUBMITTED, date(2026, 3, 9)),
        (State.RECEIVED, date(2026, 3, 9)),
        (State.ACCEPTED, date(2026, 3, 31)),
        (State.REVIEWED, date(2026, 3, 31)),
        (State.GRANTED, date(2026, 4, 3)),
        (State.PRODUCED, date(2026, 4, 3)),
        (State.REFUSED, date.max),
        (State.ISSUED, date(2026, 4, 3)),
        (State.DECLINED, date.max),
        (State.DRAFT, None),
        (State.CORRECTING, None),
        (State.CLOSED, None),
        (State.DELIVERED, None),
        (State.WITHDRAWN, None),
        (State.VOIDED, None),
    ],
)
def test_the_agency_has_a_day_exactly_while_the_next_step_is_its_own(
    state: State, expected: date | None
) -> None:
    assert rules.agency_due(_facts(state)) == expected


def _light(state: State, today: date) -> tuple[Light, int | None]:
    return rules.case_light(_facts(state), today, PLAIN, LightRule())


@pytest.mark.parametrize(
    ("state", "today", "expected"),
    [
        (State.SUBMITTED, date(2026, 3, 3), (Light.NORMAL, 4)),
        (State.SUBMITTED, date(2026, 3, 5), (Light.WARNING, 2)),
        (State.RECEIVED, date(2026, 3, 6), (Light.YELLOW, 1)),
        (State.RECEIVED, date(2026, 3, 9), (Light.RED, 0)),
        (State.RECEIVED, date(2026, 3, 10), (Light.RED, -1)),
        (State.CORRECTING, date(2026, 3, 20), (Light.NORMAL, None)),
        (State.ACCEPTED, date(2026, 3, 10), (Light.NORMAL, 15)),
        (State.REVIEWED, date(2026, 3, 24), (Light.WARNING, 5)),
        (State.GRANTED, date(2026, 4, 2), (Light.YELLOW, 1)),
        (State.PRODUCED, date(2026, 4, 7), (Light.RED, -2)),
        (State.ISSUED, date(2026, 4, 7), (Light.RED, -2)),
        (State.CLOSED, date(2026, 4, 24), (Light.DONE, None)),
        (State.DRAFT, date(2026, 4, 24), (Light.NORMAL, None)),
    ],
)
def test_the_light_follows_the_clock_that_counts(
    state: State, today: date, expected: tuple[Light, int | None]
) -> None:
    assert _light(state, today) == expected


def test_a_reason_must_say_something() -> None:
    assert rules.check_reason("  经营场所证明已过期。 ") == "经营场所证明已过期。"
    with pytest.raises(ReasonMissing) as refused:
        rules.check_reason(" 不行 \n")
    assert refused.value.fields == {"least": 5}


_PATHS = st.lists(st.sampled_from(["form.name", "form.address", "paper.premises"]), unique=True)


@given(first=_PATHS, later=_PATHS)
def test_a_later_notice_is_allowed_exactly_when_it_names_nothing_new(
    first: list[str], later: list[str]
) -> None:
    if set(later) <= set(first):
        rules.check_notice(later, first)
    else:
        with pytest.raises(NoticeWidened):
            rules.check_notice(later, first)


@given(later=_PATHS)
def test_the_first_notice_may_name_anything(later: list[str]) -> None:
    rules.check_notice(later, None)


def test_a_window_receives_only_from_someone_it_has_seen() -> None:
    assert [one for one in Presence if rules.presence_suffices(one)] == [
        Presence.DOCUMENT_SEEN,
        Presence.FACE_COMPARED,
    ]


def test_a_refusal_names_body_and_times() -> None:
    assert rules.remedies("河北省廊坊市大厂回族自治县人民政府") == rules.Remedies(
        review_body="河北省廊坊市大厂回族自治县人民政府", review_days=60, lawsuit_months=6
    )
