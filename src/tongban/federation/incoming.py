"""Files that come with a message: what is wanted, what is here, what proved to be another file.

``HOME/node/incoming/MESSAGE/FILE`` is a file that is here, ``FILE.wanted`` tells the worker what to
fetch, ``FILE.part`` is what it has of it, ``FILE.unfit`` says that the sender has another one.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tongban.federation import known
from tongban.federation.errors import FileUnfit
from tongban.federation.shapes import ReceivedFile, unsealed
from tongban.kernel.ids import node_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A file to be fetched, and where it is noted."""

    sender: str
    token: str
    size: int
    note: Path

    @property
    def here(self) -> Path:
        """Where the whole file is to stand."""
        return self.note.with_suffix("")

    @property
    def part(self) -> Path:
        """Where what has come of it stands."""
        return self.note.with_suffix(".part")

    def is_another(self) -> None:
        """Note that the sender has another file than its message tells of."""
        self.note.replace(self.note.with_suffix(".unfit"))
        self.part.unlink(missing_ok=True)


def folder() -> Path:
    """Return where the folders of messages stand."""
    return known.folder() / "incoming"


def wanted(sender: str | None = None) -> Iterator[Wanted]:
    """Yield what is to be fetched from a node, or from all."""
    for note in sorted(folder().glob("*/*.wanted")):
        try:
            name, token, size = note.read_text(encoding="ascii").split()
        except FileNotFoundError:  # its message was taken meanwhile
            continue
        if sender in {None, name}:
            yield Wanted(sender=name, token=token, size=int(size), note=note)


def waited_for(message_id: str, files: list[dict[str, Any]]) -> int:
    """Return how many files of a message aren't here, and have them fetched; FileUnfit.

    The ids are of the form of ids: ``shapes.MESSAGE`` has seen to that.
    """
    missing = 0
    for one in files:
        path = folder() / message_id / one["id"]
        if path.with_suffix(".unfit").exists():
            raise FileUnfit
        if path.is_file():
            if path.stat().st_size != one["sealed_size"]:
                raise FileUnfit
        else:
            _want(path, f"{node_of(message_id)} {one['token']} {one['sealed_size']}\n")
            missing += 1
    return missing


def want(message_id: str, files: list[dict[str, Any]], *, sender: str) -> None:
    """Have files of a message fetched from a node, whoever wrote the message."""
    for one in files:
        path = folder() / message_id / one["id"]
        if not path.is_file():
            _want(path, f"{sender} {one['token']} {one['sealed_size']}\n")


def missing(message_id: str, files: list[dict[str, Any]]) -> bool:
    """Tell whether a file of a message isn't here yet; FileUnfit where it is another one."""
    paths = [folder() / message_id / one["id"] for one in files]
    if any(path.with_suffix(".unfit").exists() for path in paths):
        raise FileUnfit
    return not all(path.is_file() for path in paths)


def _want(path: Path, text: str) -> None:
    note = path.with_suffix(".wanted")
    if note.exists():
        return
    note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = note.with_suffix(f".new{os.getpid()}")
    draft.write_text(text, encoding="ascii")
    draft.replace(note)


def received(message_id: str, told: dict[str, Any]) -> ReceivedFile:
    """Return a file that is here, as the apps see it."""
    path, secret = folder() / message_id / told["id"], bytes.fromhex(told["key"])
    return ReceivedFile(
        id=told["id"],
        size=told["size"],
        media_type=told["media_type"],
        digest=told["digest"],
        source=lambda: unsealed(path, told, secret),
    )


def forget(message_id: str) -> None:
    """Remove the files that came with a message: what was taken is kept elsewhere."""
    shutil.rmtree(folder() / message_id, ignore_errors=True)
