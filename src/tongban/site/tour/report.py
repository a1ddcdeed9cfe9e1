"""The steps of a tour: timed, told as they go, counted at the end."""

import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from tongban.site.tour.unmet import Unmet

_WHO, _WHERE, _NAME = 8, 17, 52
"""Columns: a Chinese character takes two."""


@dataclass(slots=True, kw_only=True)
class Step:
    """One step: who did what where, how it ended, how long it took."""

    name: str
    who: str
    where: str
    ok: bool = False
    detail: str = ""
    ms: int = 0


class Ended(Exception):  # noqa: N818 - the tour ends here, as told in its last step
    """A step failed, so the rest is not walked."""


@dataclass(slots=True)
class Report:
    """All steps so far; ``tell`` is given each line."""

    tell: Callable[[str], None]
    steps: list[Step] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Tell whether there were steps and all went well."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    @contextmanager
    def step(self, name: str, *, who: str, where: str) -> Iterator[Step]:
        """Run one step; Ended when something else than expected was seen."""
        step = Step(name=name, who=who, where=where)
        self.steps.append(step)
        started = time.perf_counter()
        try:
            yield step
            step.ok = True
        except Unmet as unmet:
            step.detail = str(unmet)
            raise Ended from unmet
        finally:
            step.ms = round((time.perf_counter() - started) * 1000)
            self.tell(line(step))

    def as_data(self) -> dict[str, Any]:
        """Return the report for --json."""
        return {"ok": self.ok, "steps": [asdict(step) for step in self.steps]}

    def summary(self) -> str:
        """Return the last line."""
        total = sum(step.ms for step in self.steps) / 1000
        if self.ok:
            return f"{len(self.steps)} steps, all as they should be, in {total:.1f} s"
        return f"stopped at step {len(self.steps)} after {total:.1f} s"


def line(step: Step) -> str:
    """Return a step in one line whose columns stand under one another."""
    return (
        f"{'ok  ' if step.ok else 'FAIL'} {step.ms:>6} ms  {padded(step.who, _WHO)} "
        f"{padded(step.where, _WHERE)} {padded(step.name, _NAME)} {step.detail}"
    ).rstrip()


def padded(text: str, columns: int) -> str:
    """Return ``text`` with spaces up to so many columns of a terminal.

    >>> padded("马a", 5) + "|"
    '马a  |'
    """
    return text + " " * max(0, columns - width(text))


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes (Unicode TR 11).

    >>> width("马a")
    3
    """
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)
