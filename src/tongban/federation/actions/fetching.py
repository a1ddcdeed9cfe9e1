"""Files of messages that came are fetched from their sender, from where it broke off."""

import fcntl
import hashlib
import os
import time
from pathlib import Path
from typing import BinaryIO

import structlog

from tongban.federation.calls import CallFailed, download
from tongban.federation.document import Document
from tongban.federation.incoming import Wanted, wanted
from tongban.federation.rules import retry_after

_BLOCK = 64 * 1024
_log = structlog.get_logger("tongban.federation")
_failed: dict[Path, tuple[int, float]] = {}
"""How often a file could not be fetched, and until when it is let be; for this process alone."""


def fetch_files(peer: Document) -> int:
    """Fetch what messages of a peer want; return how many files are whole now."""
    done = 0
    for one in wanted(peer.node):
        times, until = _failed.get(one.note, (0, 0.0))
        if time.monotonic() < until:
            continue
        try:
            whole = _fetch(peer, one)
        except (CallFailed, OSError) as failed:
            wait = retry_after(times + 1, 0.0).total_seconds()
            _failed[one.note] = (times + 1, time.monotonic() + wait)
            _log.warning("file_not_fetched", sender=peer.node, trouble=_named(failed))
            continue
        _failed.pop(one.note, None)
        done += whole
    return done


def _named(failed: Exception) -> str:
    """Return the kind of a failure: an OSError's text holds a path."""
    return str(failed) if isinstance(failed, CallFailed) else type(failed).__name__


def _fetch(peer: Document, one: Wanted) -> bool:
    """Fetch a file, or the rest of it; tell whether it is whole now.

    CallFailed where the line breaks: what has come stays. Another worker's file is left to it.
    """
    with one.part.open("ab") as part:
        try:
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if part.tell() < one.size or one.size == 0:
            same = _fill(peer, one, part)
        else:
            same = part.tell() == one.size
        part.flush()
        os.fsync(part.fileno())
        if not same:
            one.is_another()
            _log.warning("file_unfit", sender=peer.node, message=one.note.parent.name)
            return False
        if part.tell() < one.size:
            message = "broken off"
            raise CallFailed(message)
        one.part.replace(one.here)
        one.note.unlink(missing_ok=True)
    return True


def _fill(peer: Document, one: Wanted, part: BinaryIO) -> bool:
    """Add what comes to what is here; False where the sender has a file of another size.

    What came whole and isn't what was signed is let go: CallFailed.
    """
    with download(peer, f"/node/files/{one.token}", offset=part.tell()) as found:
        if found.size != one.size:
            return False
        if found.begins != part.tell():
            part.truncate(0)
            part.seek(0)
        began, came = part.tell(), hashlib.sha256()
        while block := found.content.read(min(_BLOCK, one.size - part.tell())):
            part.write(block)
            came.update(block)
        if part.tell() == one.size and came.digest() != found.sha256:
            part.truncate(began)
            message = "another file than was signed"
            raise CallFailed(message)
    return True
