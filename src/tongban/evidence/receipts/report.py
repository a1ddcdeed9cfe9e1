"""What a check of a receipt says: five steps for each entry, each in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Step(StrEnum):
    """What is checked, in this order."""

    BODY = "body"
    FIELDS = "fields"
    INCLUDED = "included"
    LOG = "log"
    WITNESSES = "witnesses"


class Outcome(StrEnum):
    """How a step, or all of them, ended."""

    GOOD = "good"
    ABSENT = "absent"  # nothing is wrong, but no witness is asked for: 未经见证
    OPEN = "open"  # could not be checked: never to be taken for good
    BAD = "bad"


_WORST_FIRST = (Outcome.BAD, Outcome.OPEN, Outcome.ABSENT, Outcome.GOOD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One step: ``reason`` is a stable code, ``zh`` and ``en`` say it."""

    step: Step
    outcome: Outcome
    reason: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryReport:
    """An entry's checks. ``body`` and ``shown`` are empty unless the content proved its leaf."""

    name: str
    checks: tuple[Check, ...]
    body: Mapping[str, Any]
    shown: tuple[tuple[str, Any], ...]

    @property
    def outcome(self) -> Outcome:
        """The worst of its checks."""
        return _worst([check.outcome for check in self.checks])


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found; ``others`` are files in the ZIP that nothing was checked about."""

    entries: tuple[EntryReport, ...]
    others: tuple[str, ...]
    policy_given: bool

    @property
    def outcome(self) -> Outcome:
        """The worst of its entries."""
        return _worst([entry.outcome for entry in self.entries])

    @property
    def result(self) -> str:
        """The outcome as a stable code: ``good.enclosed`` where it is good by its own policy.

        Whoever forges a receipt whole encloses a policy that it satisfies.
        """
        own = self.ok and not self.policy_given
        return f"{self.outcome}.enclosed" if own else self.outcome.value

    @property
    def ok(self) -> bool:
        """Whether everything was checked and nothing is wrong."""
        return self.outcome in {Outcome.GOOD, Outcome.ABSENT}


def _worst(outcomes: list[Outcome]) -> Outcome:
    return next(one for one in _WORST_FIRST if one in outcomes)
