"""What a load of reference data changes: counted, and told line by line before it is done.

>>> put = compare_rows("place", {"131028": {"name": "大厂回族自治县"}}, {})
>>> put.changes
Changes(added=1, changed=0, unchanged=0, lines=['+ place 131028 大厂回族自治县'])
>>> (put.changes + put.changes).added
2
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Row = Mapping[str, object]

_SHOWN = 60
"""Characters of a value that a line shows."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Rows added, changed and left alone, and a line for each of the first two.

    A line begins with ``+`` (added), ``~`` (changed, old → new), ``-`` (taken away) or ``!`` (a
    warning, which stops nothing).
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    lines: list[str] = field(default_factory=list)

    def __add__(self, other: "Changes") -> "Changes":
        """Return both together, the lines of the left one first."""
        return Changes(
            added=self.added + other.added,
            changed=self.changed + other.changed,
            unchanged=self.unchanged + other.unchanged,
            lines=[*self.lines, *other.lines],
        )

    @property
    def nothing(self) -> bool:
        """Whether applying it would write nothing."""
        return self.added == 0 and self.changed == 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Which keys are new, which differ, and both as Changes."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    changes: Changes

    @property
    def to_write(self) -> tuple[str, ...]:
        """The keys whose rows must be written."""
        return (*self.added, *self.changed)


def compare_rows(
    kind: str, wanted: Mapping[str, Row], present: Mapping[str, Row], *, label: str = "name"
) -> Comparison:
    """Compare rows by key; only the fields that a wanted row has are looked at.

    A key that is present and not wanted is left alone: a load adds and changes, it never removes.
    ``label`` is the field shown beside the key of a new row.
    """
    added: list[str] = []
    changed: list[str] = []
    lines: list[str] = []
    for key, row in wanted.items():
        old = present.get(key)
        if old is None:
            added.append(key)
            lines.append(f"+ {kind} {key} {row.get(label, '')}".rstrip())
            continue
        differing = [name for name, value in row.items() if old.get(name) != value]
        if differing:
            changed.append(key)
            told = "; ".join(f"{n} {_short(old.get(n))} → {_short(row[n])}" for n in differing)
            lines.append(f"~ {kind} {key}: {told}")
    counts = Changes(len(added), len(changed), len(wanted) - len(added) - len(changed), lines)
    return Comparison(tuple(added), tuple(changed), counts)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
