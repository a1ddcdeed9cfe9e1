"""Values as they stand in messages: JSON without fractions, moments in UTC with microseconds.

>>> plain(date(2026, 11, 2))
'2026-11-02'
>>> moment(plain(datetime(2026, 11, 2, 3, tzinfo=UTC))) == datetime(2026, 11, 2, 3, tzinfo=UTC)
True
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any


def moment_text(moment: datetime) -> str:
    """Return an aware moment in UTC with microseconds: ``2026-11-02T03:00:00.000000Z``."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def plain(value: Any) -> Any:  # noqa: ANN401 - a column's value becomes a JSON value
    """Return a column's value as JSON has it: moments and days as text, the rest as it is."""
    if isinstance(value, datetime):
        return moment_text(value)
    return value.isoformat() if isinstance(value, date) else value


def columns(row: object, names: Iterable[str]) -> dict[str, Any]:
    """Return these columns of a row as JSON has them."""
    return {name: plain(getattr(row, name)) for name in names}


def moment(text: str) -> datetime:
    """Return the aware moment of ``plain``'s text; ValueError for anything else."""
    found = datetime.fromisoformat(text)
    if moment_text(found) != text:
        raise ValueError("not spelt as a moment is")  # noqa: EM101, TRY003 - said but to us
    return found


def day(text: str) -> date:
    """Return the day of ``plain``'s text; ValueError for anything else."""
    return date.fromisoformat(text)


def optional_moment(text: str | None) -> datetime | None:
    """Return the moment, None for none."""
    return None if text is None else moment(text)


def optional_day(text: str | None) -> date | None:
    """Return the day, None for none."""
    return None if text is None else day(text)
