"""What a witness or a monitor found, kept with both signed notes, for people and other tools.

An alarm is a folder under ``HOME/witness/alarms``: ``held.note``, ``shown.note`` and
``about.json``. There is one for each kind, origin and source; the first proof is kept, so nobody
can fill a disk with more of them. What is unproved is kept for each checkpoint, some at a time, so
that no stranger's wrong proof hides the next one. An operator who has dealt with it moves the
folder away.
"""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import structlog

from tongban.evidence.witnessing.known import witness_folder
from tongban.kernel import clock
from tongban.kernel.canonical import canonical_bytes
from tongban.kernel.wire import moment_text

MOST_UNPROVED = 16
"""Unproved alarms of one log at most; ..."""
UNPROVED_STANDS = timedelta(hours=1)
"""... the oldest makes room for another after so long, so that they can't be used up for good."""

_DRAFT = ".new-"
_log = structlog.get_logger("tongban.evidence")


class AlarmKind(StrEnum):
    """What was found."""

    FORK = "fork"  # two checkpoints that can't both be true, each signed by the log
    UNPROVED = "unproved"  # a proof that didn't fit: anyone can send one, so no proof of a fork
    STALE = "stale"  # a checkpoint was still shown though a larger one was an hour old


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One finding; ``source`` is who showed the second note, "" for an unnamed client."""

    kind: str
    origin: str
    source: str
    at: str
    held: Path
    shown: Path

    @property
    def is_damage(self) -> bool:
        """Whether it proves that the log showed two histories."""
        return self.kind not in {AlarmKind.UNPROVED, AlarmKind.STALE}


def raise_alarm(
    *, kind: AlarmKind, origin: str, source: str, held: bytes, shown: bytes, which: str = ""
) -> None:
    """Keep both notes and write a line to the log; a second of its kind changes nothing.

    ``which`` names the checkpoint of an unproved one: each has an alarm, while there is room.
    OSError where the disk doesn't take it; the line is written first.
    """
    folder = _folder() / _name(kind, origin, source, which)
    if folder.exists() or (kind is AlarmKind.UNPROVED and not _make_room(origin)):
        return
    write = _log.error if kind is AlarmKind.FORK else _log.warning
    write("witness_alarm", kind=str(kind), origin=origin, source=source, folder=folder.name)
    about = {"kind": str(kind), "origin": origin, "source": source, "at": moment_text(clock.now())}
    _keep(folder, {"held.note": held, "shown.note": shown, "about.json": canonical_bytes(about)})


def settle(alarm: Alarm, *, why: str) -> None:
    """Remove an alarm that is over, or whose place another needs."""
    folder = alarm.held.parent
    _log.info("witness_alarm_over", kind=alarm.kind, origin=alarm.origin, why=why)
    shutil.rmtree(folder, ignore_errors=True)


def alarms() -> list[Alarm]:
    """Return the alarms that nobody has moved away, in the order of their folders' names."""
    return [_read(folder) for folder in sorted(_folder().glob("[!.]*")) if folder.is_dir()]


def _folder() -> Path:
    return witness_folder() / "alarms"


def _name(kind: AlarmKind, origin: str, source: str, which: str) -> str:
    about = hashlib.sha256(f"{origin}\n{source}\n{which}".encode()).hexdigest()
    return f"{kind}-{about[:16]}"


def _make_room(origin: str) -> bool:
    """Tell whether there is room for an unproved alarm; the oldest goes once it stood its time."""
    found = [one for one in alarms() if one.kind == AlarmKind.UNPROVED and one.origin == origin]
    if len(found) < MOST_UNPROVED:
        return True
    oldest = min(found, key=lambda one: one.at)
    if oldest.at > moment_text(clock.now() - UNPROVED_STANDS):
        return False
    settle(oldest, why="made room")
    return True


def _keep(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make the folder whole or not at all; the first of several writers wins."""
    draft = folder.with_name(f"{_DRAFT}{secrets.token_hex(8)}")
    draft.mkdir(parents=True, mode=0o700)
    try:
        for name, content in files.items():
            with (draft / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        draft.rename(folder)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        if not folder.exists():
            raise


def _read(folder: Path) -> Alarm:
    """Read an alarm; what is unreadable in it is told by the folder's name alone."""
    try:
        about = json.loads((folder / "about.json").read_bytes())
        origin, source, at = (str(about[name]) for name in ("origin", "source", "at"))
    except (OSError, ValueError, KeyError, TypeError):
        origin = source = at = ""
    return Alarm(
        kind=folder.name.partition("-")[0],
        origin=origin,
        source=source,
        at=at,
        held=folder / "held.note",
        shown=folder / "shown.note",
    )
