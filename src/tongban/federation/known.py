"""Who this node is and which others it trusts: files under ``HOME/node``, read when they change.

``document`` is this node's own statement; without it this node is alone and hosts every place.
``peers/NAME`` are those of the others, ``retired/NAME`` of those that are trusted no more,
``parted/NAME`` of those that this node was one with before a split.
"""

import os
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from tongban.federation.document import Document, parse
from tongban.federation.errors import DocumentUnfit, NodeUnknown, PeerUnknown
from tongban.federation.rules import narrowest
from tongban.places import api as places


def folder() -> Path:
    """Return where the documents stand."""
    return Path(settings.HOME) / "node"


def own() -> Document | None:
    """Return this node's document, None where it is alone."""
    place = _own_place(str(settings.HOME))
    try:
        found = place.stat()
    except FileNotFoundError:
        return None
    return _read(place, _changed(found))


@lru_cache(maxsize=8)
def _own_place(home: str) -> Path:
    """Return where this node's document stands, put together once: each step asks for it thrice."""
    return Path(home) / "node" / "document"


def trusted() -> dict[str, Document]:
    """Return the documents of the nodes that are trusted, by name."""
    place = folder() / "peers"
    try:
        entries = sorted(os.scandir(place), key=lambda entry: entry.name)
    except FileNotFoundError:
        return {}
    found = {
        entry.name: _read(Path(entry.path), _changed(entry.stat()))
        for entry in entries
        if not entry.name.startswith(".")
    }
    for name, one in found.items():
        if one.node != name:
            raise DocumentUnfit(why=f"peers/{name} is the document of {one.node}")
    return found


def retired() -> tuple[str, ...]:
    """Return the names of nodes that are trusted no more."""
    place = folder() / "retired"
    return tuple(sorted(one.name for one in place.iterdir())) if place.is_dir() else ()


def parted() -> tuple[str, ...]:
    """Return the names of the nodes with which this one was one before a split."""
    place = folder() / "parted"
    return tuple(sorted(one.name for one in place.iterdir())) if place.is_dir() else ()


def _changed(found: os.stat_result) -> tuple[int, int, int]:
    """Return what differs once a file is replaced, however soon after the last time."""
    return found.st_mtime_ns, found.st_ino, found.st_size


@lru_cache(maxsize=256)
def _read(place: Path, _changed: tuple[int, int, int]) -> Document:
    return parse(place.read_text(encoding="ascii"))


def write(place: Path, text: str) -> None:
    """Write a document, durable, in place of the one before."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = place.with_name(f".{place.name}.new")
    with draft.open("w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(place)


def note_checked(name: str) -> None:
    """Remember that a node has shown its document just now."""
    place = folder() / "checked" / name
    place.parent.mkdir(exist_ok=True, mode=0o700)
    place.touch()


def ask_anew(name: str) -> None:
    """Have the worker ask a node for its document: it may have changed its keys."""
    place = folder() / "asking" / name
    place.parent.mkdir(exist_ok=True, mode=0o700)
    place.touch()


def is_to_be_asked(name: str) -> bool:
    """Tell whether a node is to be asked for its document, and remember that it was."""
    place = folder() / "asking" / name
    found = place.exists()
    place.unlink(missing_ok=True)
    return found


def checked_at(name: str) -> datetime | None:
    """Return when a node last showed the document that is trusted, or it was given by hand."""
    for place in (folder() / "checked" / name, folder() / "peers" / name):
        if place.exists():
            return datetime.fromtimestamp(place.stat().st_mtime, UTC)
    return None


def peer(name: str) -> Document:
    """Return a trusted node's document; PeerUnknown."""
    found = trusted().get(name)
    if found is None:
        raise PeerUnknown(node=name)
    return found


def hosts(place_id: str) -> bool:
    """Tell whether this node hosts a place; it hosts all where it is alone. No statement then."""
    me = own()
    return me is None or _claimed(place_id) == me.node


def node_hosting(place_id: str) -> str | None:
    """Return the other node that hosts a place, None where this one does; NodeUnknown."""
    me = own()
    if me is None:
        return None
    found = _claimed(place_id)
    if found is None:
        raise NodeUnknown(place=place_id)
    return None if found == me.node else found


def address_of(place_id: str) -> str | None:
    """Return where people reach the other node that hosts a place; None where this one does.

    None too where no node is known to: there is nowhere to send them.
    """
    name = None if own() is None else _claimed(place_id)
    found = None if name is None else trusted().get(name)
    return None if found is None else found.address


def claims() -> dict[str, str]:
    """Return who states that it hosts which places, this node's own word first."""
    me = own()
    found = {place: name for name, one in trusted().items() for place in one.places}
    return found | ({} if me is None else dict.fromkeys(me.places, me.node))


def _claimed(place_id: str) -> str | None:
    return narrowest(path_up(place_id), claims())


def path_up(place_id: str) -> list[str]:
    """Return the places from this one up to the top. No statement."""
    path: list[str] = []
    here: str | None = place_id
    while here is not None:
        path.append(here)
        here = places.place(here).parent_id
    return path
