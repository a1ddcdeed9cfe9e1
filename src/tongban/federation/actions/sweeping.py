"""Files that no message waits for any more are removed."""

import time
from pathlib import Path

from tongban.federation import incoming
from tongban.federation.actions.sending import outgoing_folder
from tongban.federation.models import InMessage, OutFile
from tongban.federation.rules import GIVEN_UP_AFTER

_YOUNG_S = 24 * 3600.0
"""Younger ones may belong to a transaction that is under way."""
_DEAD_S = GIVEN_UP_AFTER.total_seconds() + _YOUNG_S
"""A message whose files haven't come for so long was given up by its sender."""


def sweep() -> int:
    """Remove files of messages that were rolled back, taken or given up; return how many.

    Their removal runs after the commit, which a death may come before; and a sender that went away
    leaves what was fetched by half. A message that is sent again after that fetches anew.
    """
    return _sweep_outgoing() + _sweep_incoming()


def _sweep_outgoing() -> int:
    old = [one for one in _listed(outgoing_folder()) if _age(one) > _YOUNG_S]
    named = set(
        OutFile.objects.filter(pk__in=[one.name for one in old]).values_list("pk", flat=True)
    )
    gone = [one for one in old if one.name not in named]
    for one in gone:
        one.unlink(missing_ok=True)
    return len(gone)


def _sweep_incoming() -> int:
    found = [(one, _age(one)) for one in _listed(incoming.folder())]
    old = [one.name for one, age in found if age > _YOUNG_S]
    taken = set(InMessage.objects.filter(pk__in=old).values_list("pk", flat=True))
    gone = [one.name for one, age in found if age > _DEAD_S or one.name in taken]
    for name in gone:
        incoming.forget(name)
    return len(gone)


def _listed(place: Path) -> list[Path]:
    return sorted(place.iterdir()) if place.is_dir() else []


def _age(path: Path) -> float:
    """Return since when nothing came to it, by the clock that files are dated by."""
    return time.time() - path.stat().st_mtime
