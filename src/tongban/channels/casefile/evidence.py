"""A case's entries in the evidence log, and which of them a receipt can hold now."""

from collections.abc import Iterable

from django.utils.translation import gettext

from tongban.cases.api import EntryLine
from tongban.channels.parts import HappeningRow, Tone
from tongban.evidence.api import KINDS


def entry_rows(lines: Iterable[EntryLine]) -> tuple[HappeningRow, ...]:
    """Return the entries (parts/timeline.html), newest first."""
    return tuple(_row(line) for line in reversed(tuple(lines)))


def _row(line: EntryLine) -> HappeningRow:
    return HappeningRow(
        title=gettext(KINDS[line.kind].title),
        at=line.at,
        note=_note(line),
        tone=_tone(line),
    )


def _tone(line: EntryLine) -> Tone:
    if line.lost:
        return "bad"
    return "good" if line.provable else "neutral" if line.erased else "waiting"


def _note(line: EntryLine) -> str:
    if line.erased:
        return gettext("内容已清除，日志中只留存证摘要")
    if line.lost:
        return gettext("密钥不见了，内容暂时无法读取")
    return gettext("已固证") if line.provable else gettext("固证中，请稍后再取")
