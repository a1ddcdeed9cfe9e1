"""Limits, due days, lights."""

from datetime import UTC, date, datetime, timedelta, timezone

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.kernel.workdays import (
    LIGHT_WORDS,
    Calendar,
    Due,
    Light,
    LightRule,
    Limit,
    Unit,
    due,
    due_at,
    light,
    working_days_left,
)


def days_of(*years: int) -> list[date]:
    return [
        date(year, 1, 1) + timedelta(days=step)
        for year in years
        for step in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)
    ]


PUBLISHED = (2024, 2025, 2026)
CHINA = Calendar(
    name="cn",
    version=1,
    days={day: chinese_calendar.is_workday(day) for day in days_of(*PUBLISHED)},
    published_years=frozenset(PUBLISHED),
)
BARE = Calendar(name="bare", version=1, days={}, published_years=frozenset())
STARTS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
VALUES = st.integers(0, 60)


def working(value: int) -> Limit:
    return Limit(value, Unit.WORKING_DAYS)


@pytest.mark.parametrize(
    ("start_on", "value", "due_on"),
    [
        # New year of the horse: rest 15 to 23 February, work on Saturdays 14 and 28.
        (date(2026, 2, 13), 1, date(2026, 2, 14)),
        (date(2026, 2, 13), 2, date(2026, 2, 24)),
        (date(2026, 2, 13), 5, date(2026, 2, 27)),
        (date(2026, 2, 13), 6, date(2026, 2, 28)),
        (date(2026, 2, 13), 7, date(2026, 3, 2)),
        (date(2026, 2, 18), 1, date(2026, 2, 24)),
        (date(2026, 2, 13), 20, date(2026, 3, 19)),
        # Nothing special: a Monday and five days.
        (date(2026, 3, 9), 5, date(2026, 3, 16)),
        (date(2026, 3, 9), 0, date(2026, 3, 9)),
    ],
)
def test_working_days_around_the_lunar_new_year(start_on: date, value: int, due_on: date) -> None:
    assert due(working(value), start_on, CHINA) == Due(due_on, provisional=False)


@pytest.mark.parametrize(
    ("start_on", "value", "expected"),
    [
        (date(2026, 12, 28), 3, Due(date(2026, 12, 31), provisional=False)),
        # 1 January 2027 is a Friday; not announced, it counts as a working day.
        (date(2026, 12, 28), 4, Due(date(2027, 1, 1), provisional=True)),
        (date(2027, 5, 3), 1, Due(date(2027, 5, 4), provisional=True)),
    ],
)
def test_a_day_counted_in_an_unpublished_year_makes_the_due_day_provisional(
    start_on: date, value: int, expected: Due
) -> None:
    assert due(working(value), start_on, CHINA) == expected


def test_a_gap_in_the_published_years_is_seen_on_the_way() -> None:
    gap = Calendar(name="g", version=1, days={}, published_years=frozenset({2026, 2028}))
    assert due(working(261 + 5), date(2026, 12, 31), gap) == Due(date(2028, 1, 7), provisional=True)


@given(STARTS, VALUES)
def test_a_due_day_is_the_working_day_with_that_many_before_it(start_on: date, value: int) -> None:
    found = due(working(value), start_on, CHINA)
    counted = [
        day
        for step in range(1, (found.on - start_on).days + 1)
        if CHINA.is_working(day := start_on + timedelta(days=step))
    ]
    assert len(counted) == value
    assert counted[-1:] == ([found.on] if value else [])
    years = {
        (start_on + timedelta(days=step)).year for step in range(1, (found.on - start_on).days + 1)
    }
    assert found.provisional is not years.issubset(PUBLISHED)


@given(STARTS, VALUES)
def test_the_days_left_on_the_start_day_are_the_limit(start_on: date, value: int) -> None:
    assert working_days_left(start_on, due(working(value), start_on, CHINA).on, CHINA) == value


@given(STARTS, VALUES, VALUES)
def test_limits_add_up(start_on: date, first: int, second: int) -> None:
    in_steps = due(working(second), due(working(first), start_on, CHINA).on, CHINA)
    assert in_steps.on == due(working(first + second), start_on, CHINA).on


@given(STARTS, st.integers(1, 60))
def test_an_unpublished_calendar_counts_weekdays(start_on: date, value: int) -> None:
    friday_at_most = start_on - timedelta(days=max(0, start_on.weekday() - 4))
    weeks, rest = divmod(value, 5)
    weekend = 2 if friday_at_most.weekday() + rest > 4 else 0
    assert due(working(value), start_on, BARE) == Due(
        friday_at_most + timedelta(days=weeks * 7 + rest + weekend), provisional=True
    )


def test_calendar_days_are_not_moved_off_a_day_of_rest() -> None:
    # 15 days from 1 February 2026 end within the holiday, and stay there.
    assert due(Limit(15, Unit.CALENDAR_DAYS), date(2026, 2, 1), CHINA) == Due(
        date(2026, 2, 16), provisional=False
    )
    assert not due(Limit(60, Unit.CALENDAR_DAYS), date(2027, 1, 1), CHINA).provisional


@pytest.mark.parametrize(
    ("start_on", "months", "due_on"),
    [
        (date(2026, 1, 15), 1, date(2026, 2, 15)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
        (date(2026, 8, 31), 0, date(2026, 8, 31)),
    ],
)
def test_months_end_on_the_same_day_or_the_last(start_on: date, months: int, due_on: date) -> None:
    assert due(Limit(months, Unit.MONTHS), start_on, CHINA) == Due(due_on, provisional=False)


def test_hours_are_counted_without_pause_across_days_and_zones() -> None:
    start = datetime(2026, 2, 14, 23, 30, tzinfo=timezone(timedelta(hours=8)))
    assert due_at(Limit(48, Unit.HOURS), start) == datetime(2026, 2, 16, 15, 30, tzinfo=UTC)


def test_hours_and_days_have_their_own_functions() -> None:
    with pytest.raises(ValueError, match="due_at"):
        due(Limit(1, Unit.HOURS), date(2026, 1, 1), CHINA)
    with pytest.raises(ValueError, match="ends on a day"):
        due_at(working(1), datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match="aware"):
        due_at(Limit(1, Unit.HOURS), datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        Limit(-1, Unit.MONTHS)


@pytest.mark.parametrize(
    ("today", "left"),
    [
        (date(2026, 3, 9), 5),  # Monday
        (date(2026, 3, 13), 1),  # Friday
        (date(2026, 3, 14), 1),  # Saturday
        (date(2026, 3, 16), 0),  # the due day
        (date(2026, 3, 17), -1),
        (date(2026, 3, 20), -4),
        (date(2026, 3, 22), -4),
        (date(2026, 3, 23), -5),
    ],
)
def test_days_left_before_and_after_the_due_day(today: date, left: int) -> None:
    assert working_days_left(today, date(2026, 3, 16), CHINA) == left


def test_a_weekend_after_the_due_day_is_already_late() -> None:
    friday = date(2026, 3, 13)
    assert [
        working_days_left(friday + timedelta(days=step), friday, CHINA) for step in range(5)
    ] == [0, -1, -1, -1, -2]


@given(STARTS, st.integers(-40, 40))
def test_days_left_never_grow_and_are_negative_exactly_when_late(
    due_on: date, distance: int
) -> None:
    today = due_on + timedelta(days=distance)
    left = working_days_left(today, due_on, CHINA)
    assert (left < 0) is (today > due_on)
    assert working_days_left(today + timedelta(days=1), due_on, CHINA) <= left


@pytest.mark.parametrize(
    ("limit_days", "lights"),
    [
        # From the start day down to one day late.
        (1, "NR R"),
        (2, "NYR R"),
        (3, "NNYR R"),
        (4, "NNWYR R"),
        (5, "NNNWYR R"),
        (8, "NNNNWWWYR R"),
        (20, "NNNNNNNNNNNNNNNWWWWYR R"),
        (0, "R R"),
    ],
)
def test_lights_from_the_start_of_a_limit_to_its_end(limit_days: int, lights: str) -> None:
    letters = {Light.NORMAL: "N", Light.WARNING: "W", Light.YELLOW: "Y", Light.RED: "R"}
    running = "".join(
        letters[light(left=left, limit_days=limit_days)] for left in range(limit_days, -1, -1)
    )
    assert f"{running} {letters[light(left=-1, limit_days=limit_days)]}" == lights


def test_a_place_s_own_thresholds_are_used() -> None:
    rule = LightRule(warning=8, yellow=3, red=1)
    assert [light(left=left, limit_days=20, rule=rule) for left in (9, 8, 4, 3, 2, 1, 0)] == [
        Light.NORMAL,
        Light.WARNING,
        Light.WARNING,
        Light.YELLOW,
        Light.YELLOW,
        Light.RED,
        Light.RED,
    ]


@given(st.integers(1, 200), st.integers(-50, 200))
def test_a_light_only_gets_worse(limit_days: int, left: int) -> None:
    order = [Light.NORMAL, Light.WARNING, Light.YELLOW, Light.RED]
    now = order.index(light(left=left, limit_days=limit_days))
    assert now <= order.index(light(left=left - 1, limit_days=limit_days))
    assert light(left=limit_days, limit_days=limit_days) is Light.NORMAL


def test_every_light_has_its_word() -> None:
    assert {one: LIGHT_WORDS[one] for one in Light} == {
        Light.NORMAL: "正常",
        Light.WARNING: "预警",
        Light.YELLOW: "黄牌",
        Light.RED: "红牌",
        Light.DONE: "办结",
    }
