"""Rows of a working calendar from the library chinesecalendar, for the years it has published."""

from datetime import date, timedelta
from importlib.metadata import version

import chinese_calendar


def library_version() -> str:
    """Return the installed version: a new one may bring another year."""
    return version("chinesecalendar")


def published_rows(from_year: int) -> tuple[dict[date, bool], frozenset[int]]:
    """Return the named days (True = working) and the published years from ``from_year`` on.

    A named day is a public holiday or a working weekend; any other day follows Monday to Friday.
    The library raises NotImplementedError for a year that the State Council has not announced.
    """
    rows: dict[date, bool] = {}
    years: set[int] = set()
    year = from_year
    while True:
        try:
            rows.update(_named_days(year))
        except NotImplementedError:
            return rows, frozenset(years)
        years.add(year)
        year += 1


def _named_days(year: int) -> dict[date, bool]:
    first = date(year, 1, 1)
    days = (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))
    named = {}
    for day in days:
        day_off, name = chinese_calendar.get_holiday_detail(day)
        if name is not None:
            named[day] = not day_off
    return named
