"""The last hour as a drawing and a table: how long the oldest entry waited for its log.

The drawing is an SVG made here, a bar a minute; what it shows stands in the table too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext

from tongban.channels.parts import Cell, Column, Table
from tongban.evidence.api import BACKLOG_ALARM, Sample

MINUTES = 60
WIDTH, HEIGHT = 600, 160
"""Of the drawing, in its own units; it is stretched to the width of the page."""

_STEP = WIDTH // MINUTES
_LEAST = 2
"""A bar of nothing is that high: there was a figure, and it was nought."""
_TOPS = (1, 5, 10, 30, 60, 120, 300, 900, 3600, 4 * 3600, 24 * 3600)
_ROW_MINUTES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One minute; ``height`` 0 is a gap: the sequencer said nothing."""

    x: int
    y: int
    height: int
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The drawing, and the table of the same figures.

    ``top`` is the seconds at its upper edge; ``alarm_y`` where the alarm's line is, None where
    that is above the edge; ``worst_s`` the longest wait in it.
    """

    bars: tuple[Bar, ...]
    top: int
    alarm_y: int | None
    worst_s: float
    table: Table


def chart(samples: Sequence[Sample], now: datetime) -> Chart | None:
    """Return the last hour up to ``now``; None where there are no figures."""
    since = now - timedelta(minutes=MINUTES)
    known = [one for one in samples if since < one.at <= now]
    if not known:
        return None
    worst = max(one.oldest_s for one in known)
    top = next((one for one in _TOPS if one >= worst), round(worst) + 1)
    minutes: list[list[Sample]] = [[] for _ in range(MINUTES)]
    for one in known:
        minutes[min(int((one.at - since).total_seconds() // 60), MINUTES - 1)].append(one)
    alarm_s = BACKLOG_ALARM.total_seconds()
    return Chart(
        bars=tuple(_bar(place, found, top) for place, found in enumerate(minutes)),
        top=top,
        alarm_y=HEIGHT - _height(alarm_s, top) if alarm_s <= top else None,
        worst_s=worst,
        table=_table(minutes, since),
    )


def _bar(place: int, found: Sequence[Sample], top: int) -> Bar:
    if not found:
        return Bar(x=place * _STEP, y=0, height=0)
    worst = max(one.oldest_s for one in found)
    height = max(_height(worst, top), _LEAST)
    late = worst > BACKLOG_ALARM.total_seconds()
    return Bar(x=place * _STEP, y=HEIGHT - height, height=height, late=late)


def _height(seconds: float, top: int) -> int:
    return round(HEIGHT * min(seconds / top, 1.0))


def _table(minutes: Sequence[Sequence[Sample]], since: datetime) -> Table:
    """Return the table, the latest row first."""
    rows: list[tuple[Cell, ...]] = []
    before: Sample | None = None
    for place in range(0, MINUTES, _ROW_MINUTES):
        found = [one for minute in minutes[place : place + _ROW_MINUTES] for one in minute]
        start, end = (
            timezone.localtime(since + timedelta(minutes=at)).strftime("%H:%M")
            for at in (place, place + _ROW_MINUTES)
        )
        rows.append((Cell(text=f"{start}-{end}"), *_figures(found, before)))
        before = found[-1] if found else before
    return Table(
        caption=gettext("最近一小时，每五分钟一行"),
        columns=(
            Column(label=gettext("时段")),
            Column(label=gettext("最久等待（秒）"), number=True),
            Column(label=gettext("最多等待（条）"), number=True),
            Column(label=gettext("写入日志（条）"), number=True),
        ),
        rows=tuple(reversed(rows)),
    )


def _figures(found: Sequence[Sample], before: Sample | None) -> tuple[Cell, Cell, Cell]:
    if not found:
        return (Cell(text=gettext("没有数据")), Cell(text="-"), Cell(text="-"))
    grown = found[-1].size - (before or found[0]).size
    return (
        Cell(text=f"{max(one.oldest_s for one in found):.1f}"),
        Cell(text=f"{max(one.waiting for one in found):,}"),
        Cell(text=f"{max(grown, 0):,}"),
    )
