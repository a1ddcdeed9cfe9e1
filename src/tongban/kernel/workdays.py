"""Limits and due days: working days of a place's calendar, calendar days, hours, months.

The day a limit starts on isn't counted; the day after is day one (民法典 art. 201). A day of a
licence matter is a working day (行政许可法 art. 82). Days are dates of the deciding place; turning
a moment into a day of Asia/Shanghai is the caller's work.
"""

import calendar as gregorian
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from tongban.kernel.errors import mark

_DAY = timedelta(days=1)
_SATURDAY = 5
_MONTHS = 12


class Unit(StrEnum):
    """What a limit is counted in."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    HOURS = "hours"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class Limit:
    """A length of time in law: ``value`` of ``unit``; 0 means the same day or moment."""

    value: int
    unit: Unit

    def __post_init__(self) -> None:
        """Refuse a negative length."""
        if self.value < 0:
            message = f"a limit can't be negative: {self.value}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Which days a place works.

    ``days`` holds the days that differ from Monday to Friday (it may hold others too), True for
    working; ``published_years`` the years whose holidays the State Council has announced;
    ``version`` changes whenever a row does.
    """

    name: str
    version: int
    days: Mapping[date, bool]
    published_years: frozenset[int]

    def is_working(self, day: date) -> bool:
        """Tell whether ``day`` is a working day: its row, else Monday to Friday."""
        row = self.days.get(day)
        return day.weekday() < _SATURDAY if row is None else row

    def is_published(self, year: int) -> bool:
        """Tell whether the holidays of ``year`` have been announced."""
        return year in self.published_years


@dataclass(frozen=True, slots=True)
class Due:
    """The last day of a limit; ``provisional`` if a year not yet announced may still move it."""

    on: date
    provisional: bool


def due(limit: Limit, start_on: date, calendar: Calendar) -> Due:
    """Return the last day of ``limit`` when ``start_on`` is the day before day one.

    Only working days depend on the calendar, so only they can be provisional. Calendar days and
    months end where they end, also on a day of rest: whether such a day moves to the next working
    day (民法典 art. 203) is decided by whoever words the limit, not here. A month ends on the same
    day of the month, or on its last day if it has no such day (民法典 art. 202). ValueError for
    hours: see ``due_at``.
    """
    match limit.unit:
        case Unit.WORKING_DAYS:
            return _due_in_working_days(limit.value, start_on, calendar)
        case Unit.CALENDAR_DAYS:
            return Due(start_on + limit.value * _DAY, provisional=False)
        case Unit.MONTHS:
            return Due(_months_later(start_on, limit.value), provisional=False)
        case Unit.HOURS:
            message = "a limit in hours ends at a moment: due_at"
            raise ValueError(message)


def due_at(limit: Limit, start_at: datetime) -> datetime:
    """Return the moment at which a ``limit`` in hours, counted without pause, ends.

    ValueError for another unit or for a moment without a time zone.
    """
    if limit.unit is not Unit.HOURS:
        message = f"a limit in {limit.unit.value} ends on a day: due"
        raise ValueError(message)
    if start_at.utcoffset() is None:
        message = "a moment must be aware"
        raise ValueError(message)
    return start_at + timedelta(hours=limit.value)


def _due_in_working_days(value: int, start_on: date, calendar: Calendar) -> Due:
    day, left, provisional = start_on, value, False
    while left > 0:
        day += _DAY
        provisional = provisional or not calendar.is_published(day.year)
        left -= calendar.is_working(day)
    return Due(day, provisional)


def _months_later(start_on: date, months: int) -> date:
    years, month = divmod(start_on.month - 1 + months, _MONTHS)
    year, month = start_on.year + years, month + 1
    return date(year, month, min(start_on.day, gregorian.monthrange(year, month)[1]))


def working_days_left(today: date, due_on: date, calendar: Calendar) -> int:
    """Return how many working days follow ``today`` up to and including ``due_on``.

    0 on the due day itself, and when only days of rest are left. Past the due day it is negative:
    minus the working days since, and at least -1, so that a weekend doesn't hide the delay.
    """
    if today <= due_on:
        return _working_days_between(today, due_on, calendar)
    return min(-1, -_working_days_between(due_on, today, calendar))


def _working_days_between(after: date, until: date, calendar: Calendar) -> int:
    days = ((after + step * _DAY) for step in range(1, (until - after).days + 1))
    return sum(calendar.is_working(day) for day in days)


class Light(StrEnum):
    """How urgent a clock is; ``LIGHT_WORDS`` has the words. DONE is for the caller to give."""

    NORMAL = "normal"
    WARNING = "warning"
    YELLOW = "yellow"
    RED = "red"
    DONE = "done"


LIGHT_WORDS: Mapping[Light, str] = MappingProxyType(
    {
        Light.NORMAL: mark("正常"),
        Light.WARNING: mark("预警"),
        Light.YELLOW: mark("黄牌"),
        Light.RED: mark("红牌"),
        Light.DONE: mark("办结"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LightRule:
    """The largest number of working days left at which each light comes on."""

    warning: int = 5
    yellow: int = 1
    red: int = 0


STANDARD_LIGHTS = LightRule()


def light(*, left: int, limit_days: int, rule: LightRule = STANDARD_LIGHTS) -> Light:
    """Return the light of a running clock.

    ``left`` is ``working_days_left`` today; ``limit_days`` what it was on the day the limit
    started. Red: past due, or nothing left after today. So that a short limit doesn't start with
    its lights on, warning and yellow come on no earlier than at half the limit (rounded down): a
    limit of 4 days warns at 2 left, one of 1 day goes from normal to red.
    """
    half = limit_days // 2
    if left <= rule.red:
        return Light.RED
    if left <= min(rule.yellow, half):
        return Light.YELLOW
    if left <= min(rule.warning, half):
        return Light.WARNING
    return Light.NORMAL
