"""A look at personal data is on disk before the data is shown."""

import os
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import structlog
from django.conf import settings

from tongban.evidence import errors
from tongban.evidence.spool import Spool
from tongban.kernel import clock, ids
from tongban.kernel.acting import Acting
from tongban.kernel.canonical import canonical_bytes
from tongban.kernel.wire import moment_text
from tongban.vault import api as vault

PURPOSE_LENGTH = 200
PLACE_LENGTH = 64
_TABLE = "spool"
_COLUMN = "look"
_log = structlog.get_logger("tongban.evidence")
_spools: dict[Path, Spool] = {}
_guard = threading.Lock()


def look(
    *,
    acting: Acting,
    place_id: str,
    person_id: str,
    case_id: str | None,
    fields: Sequence[str],
    purpose: str,
) -> None:
    """Note that ``acting`` is about to see ``fields`` of a person; on disk when this returns.

    Call it before the data is shown; it belongs to no transaction and is not undone by one.
    ``fields`` are names of fields, never their content; ``purpose`` (at most 200 characters) is
    the task. ``looks_at`` shows it once ``drain_looks`` has run. No statement; an fsync that
    threads share.

    Raises ``errors.LookNotRecorded`` where the disk doesn't take it: show nothing then.
    ValueError for empty or overlong texts.
    """
    _check(place_id, PLACE_LENGTH)
    _check(purpose, PURPOSE_LENGTH)
    for identifier in (person_id, *filter(None, [case_id])):
        _check(identifier, ids.MAX_LENGTH)
    content = canonical_bytes(
        {
            "id": ids.new_id(settings.NODE),
            "at": moment_text(clock.now()),
            "place_id": place_id,
            "person_id": person_id,
            "case_id": case_id,
            "viewer": acting.as_json(),
            "fields": list(fields),
            "purpose": purpose,
        }
    )
    try:
        _spool(spool_folder()).append(content)
    except OSError as error:
        _log.error("look_not_recorded", error=type(error).__name__, errno=error.errno)
        raise errors.LookNotRecorded from None


def spool_folder() -> Path:
    """Return the folder of the segments of every process of this node."""
    return Path(settings.HOME) / "spool"


def unseal_look(segment: str, sealed: bytes) -> bytes:
    """Open a record of the segment of that name; the vault's Tampered if it isn't one."""
    return vault.unseal(
        key=_segment_key(segment), table=_TABLE, row=segment, column=_COLUMN, sealed=sealed
    )


def _seal_look(segment: str, clear: bytes) -> bytes:
    return vault.seal(
        key=_segment_key(segment), table=_TABLE, row=segment, column=_COLUMN, clear=clear
    )


@lru_cache(maxsize=16)
def _segment_key(segment: str) -> vault.DataKey:
    return vault.node_key(f"looks/{segment}")


def _check(text: str, most: int) -> None:
    """Refuse what a column would refuse later, when nobody could mend it."""
    if not 0 < len(text) <= most or "\0" in text:
        message = f"a text of 1 to {most} characters is expected"
        raise ValueError(message)


def _spool(folder: Path) -> Spool:
    with _guard:
        if folder not in _spools:
            _spools[folder] = Spool(folder, _seal_look)
        return _spools[folder]


def _forget() -> None:
    """In a forked child: its parent's segments aren't its own, and the lock may be taken."""
    global _guard  # noqa: PLW0603 - a lock that another thread of the parent held stays held
    _guard = threading.Lock()
    for spool in _spools.values():
        spool.close()
    _spools.clear()


os.register_at_fork(after_in_child=_forget)
