"""What every load has in common: no row twice, one load at a time, caches told."""

import unicodedata
import uuid
from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from django.db import models

from tongban.kernel import clock
from tongban.places.errors import ReferenceUnknown, RowRepeated
from tongban.places.models import ReferenceVersion
from tongban.places.queries.snapshot import forget

R = TypeVar("R")

BATCH = 500
"""Rows of one statement (Django makes it fewer where SQLite's limit of variables asks for it)."""


def keyed(kind: str, rows: Iterable[R], key: Callable[[R], str]) -> dict[str, R]:
    """Return the rows by key; RowRepeated if one stands there twice."""
    found: dict[str, R] = {}
    for row in rows:
        name = key(row)
        if name in found:
            raise RowRepeated(row=f"{kind} {name}")
        found[name] = row
    return found


def nfc(text: str) -> str:
    """Return the text composed (NFC) and without blanks around it."""
    return unicodedata.normalize("NFC", text).strip()


def absent(model: type[models.Model], wanted: Collection[str]) -> set[str]:
    """Return those of the ids that have no row."""
    waiting = sorted(set(wanted))
    missing = set(waiting)
    for start in range(0, len(waiting), BATCH):
        part = waiting[start : start + BATCH]
        missing.difference_update(
            model._default_manager.filter(pk__in=part).values_list("pk", flat=True)  # noqa: SLF001 - Django's documented name
        )
    return missing


def missing_lines(
    pointers: Iterable[tuple[str, str, str]], missing: Collection[str], *, apply: bool
) -> list[str]:
    """Refuse (or, in a trial, only tell) the pointers (row, field, id) to what is missing.

    A trial can't know what the same package would load first, so it warns.
    """
    lines: list[str] = []
    for row, field, value in pointers:
        if value in missing:
            if apply:
                raise ReferenceUnknown(row=row, field=field, value=value)
            lines.append(f"! {row}: {field} {value} is not loaded yet")
    return lines


def begin() -> None:
    """Let one load at a time write; must run in a transaction."""
    ReferenceVersion.objects.get_or_create(id=1, defaults={"token": "", "changed_at": clock.now()})
    ReferenceVersion.objects.select_for_update().get(id=1)


def finish() -> None:
    """Give the data a new token and drop what this process holds."""
    ReferenceVersion.objects.filter(id=1).update(token=uuid.uuid4().hex, changed_at=clock.now())
    forget()
