"""A figure, the machine it was taken on, and how both are shown."""

import os
import platform
import sqlite3
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value.

    ``limit`` is what it must not exceed (for a figure with a ratio: what the ratio must reach);
    ``ratio`` is the median of the ratios to what it was compared with; ``samples`` are the single
    measurements behind ``value``, in its unit.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    ratio: float | None = None
    samples: list[float] = field(default_factory=list)
    machine: dict[str, str] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Tell whether the limit is kept."""
        if self.limit is None:
            return True
        return self.value <= self.limit if self.ratio is None else self.ratio >= self.limit


def machine(**more: str) -> dict[str, str]:
    """Return what the figures depend on: cores, memory, versions, and how busy it was."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        **more,
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as lines of text, one each."""
    head = ("figure", "value", "unit", "ratio", "limit", "kept")
    rows = [head, *(_cells(figure) for figure in figures)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _cells(figure: Figure) -> tuple[str, ...]:
    limit = ""
    if figure.limit is not None:
        limit = f"{'≤' if figure.ratio is None else 'ratio ≥'} {figure.limit:g}"
    return (
        figure.name,
        f"{figure.value:.4g}",
        figure.unit,
        "" if figure.ratio is None else f"{figure.ratio:.2f}",
        limit,
        "" if figure.limit is None else "yes" if figure.holds else "NO",
    )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
