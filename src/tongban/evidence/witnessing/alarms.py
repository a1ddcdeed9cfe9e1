"""What a witness or a monitor found, kept with both signed notes, for people and other tools.

An alarm is a folder under ``HOME/witness/alarms``: ``held.note``, ``shown.note`` and
``about.json``. There is one for each kind, origin and source; the first proof is kept, so nobody
can fill a disk with more of them. An operator who has dealt with it moves the folder away.
"""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import structlog

from tongban.evidence.rules import moment_text
from tongban.evidence.witnessing.known import witness_folder
from tongban.kernel import clock
from tongban.kernel.canonical import canonical_bytes

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


def raise_alarm(*, kind: AlarmKind, origin: str, source: str, held: bytes, shown: bytes) -> None:
    """Keep both notes and write a line to the log; a second of its kind changes nothing.

    OSError where the disk doesn't take it; the line is written first.
    """
    folder = _folder() / _name(kind, origin, source)
    if folder.exists():
        return
    write = _log.error if kind is AlarmKind.FORK else _log.warning
    write("witness_alarm", kind=str(kind), origin=origin, source=source, folder=folder.name)
    about = {"kind": str(kind), "origin": origin, "source": source, "at": moment_text(clock.now())}
    _keep(folder, {"held.note": held, "shown.note": shown, "about.json": canonical_bytes(about)})


def alarms() -> list[Alarm]:
    """Return the alarms that nobody has moved away, in the order of their folders' names."""
    return [_read(folder) for folder in sorted(_folder().glob("[!.]*")) if folder.is_dir()]


def _folder() -> Path:
    return witness_folder() / "alarms"


def _name(kind: AlarmKind, origin: str, source: str) -> str:
    about = hashlib.sha256(f"{origin}\n{source}".encode()).hexdigest()
    return f"{kind}-{about[:16]}"


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
