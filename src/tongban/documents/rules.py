"""What is taken: kinds of file, their names, and the coarse look for active content.

Plain Python. A check reads bytes and never opens or renders them with a library: a parser of
hostile files is a larger danger than what it would find.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import puremagic

from tongban.documents.errors import ActiveContent, BadName, Disguised, Empty, UnsupportedType

PDF = "application/pdf"
EXTENSIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        PDF: frozenset({".pdf"}),
        "image/jpeg": frozenset({".jpg", ".jpeg", ".jpe", ".jfif"}),
        "image/png": frozenset({".png"}),
    }
)
"""The media types taken, each with the extensions it may come under (in lower case)."""

HEAD = 1024
"""Bytes from which the kind is told."""

NAME_LENGTH = 200

_SHORTEST_MAGIC = 3  # two bytes say too little
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, direction marks, half pairs
_BLOCK = 64 * 1024


class State(StrEnum):
    """Whether the bytes are still there."""

    KEPT = "kept"
    DISCARDED = "discarded"


@runtime_checkable
class Readable(Protocol):
    """Something to read bytes from."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes; none at the end."""
        ...


def blocks_of(stream: Readable | Iterable[bytes]) -> Iterator[bytes]:
    """Read a file, or pass on an iterable's blocks; the first block has HEAD bytes if there are.

    Raises Empty if there is nothing.
    """
    source = _read(stream) if isinstance(stream, Readable) else iter(stream)
    head = b""
    while len(head) < HEAD:
        block = next(source, None)
        if block is None:
            break
        head += block
    if not head:
        raise Empty
    yield head
    yield from source


def _read(stream: Readable) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block


def clean_name(filename: str) -> str:
    """Return the name to keep: without folders, control or direction characters, in NFC.

    Direction marks go because they can make ``fdp.exe`` read as ``exe.pdf``. At most NAME_LENGTH
    characters; a longer one loses the end of its stem, never its extension. Raises BadName if
    nothing stands before the extension.
    """
    last = re.split(r"[/\\]", filename)[-1]
    kept = "".join(one for one in last if unicodedata.category(one) not in _DROPPED)
    name = unicodedata.normalize("NFC", kept).strip(" .")
    suffix = PurePosixPath(name).suffix
    if not suffix and kept.strip().startswith("."):
        raise BadName  # all there was is an extension
    stem = name.removesuffix(suffix).strip()[: NAME_LENGTH - len(suffix)].strip()
    if not stem or len(suffix) >= NAME_LENGTH:
        raise BadName
    return stem + suffix


def media_type_of(*, head: bytes, name: str) -> str:
    """Tell the media type from the first bytes; the extension of ``name`` must agree.

    Raises UnsupportedType for a file that neither is nor claims to be of a kind taken, Disguised
    if bytes and extension disagree. What stands behind the first bytes isn't looked at: a file that
    is two kinds at once is served as the kind found here, and nothing else.
    """
    extension = PurePosixPath(name).suffix.lower()
    found = _sniff(head)
    if found is None:
        if any(extension in known for known in EXTENSIONS.values()):
            raise Disguised
        raise UnsupportedType
    if extension not in EXTENSIONS[found]:
        raise Disguised
    return found


def _sniff(head: bytes) -> str | None:
    try:
        matches = puremagic.magic_string(head[:HEAD])
    except puremagic.PureError:
        return None
    # At the very start only: elsewhere the bytes are the applicant's own, a photo's by chance too.
    at_start = [
        one for one in matches if one.offset == 0 and len(one.byte_match) >= _SHORTEST_MAGIC
    ]
    best = max((one.confidence for one in at_start), default=None)
    kinds = {one.mime_type for one in at_start if one.confidence == best}
    return next((kind for kind in EXTENSIONS if kind in kinds), None)


_ACTIVE = re.compile(rb"/(?:JavaScript|Launch)(?=[\x00\t\n\x0c\r ()<>\[\]{}/%])")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")  # a character of a PDF name, ISO 32000-1 7.3.5
_OVERLAP = 64  # the longest name looked for, every character escaped, and what follows it


class ActiveContentScan:
    """Looks through a PDF for names that start scripts or programs, block by block.

    A coarse check: it sees ``/JavaScript`` and ``/Launch``, also written with escapes, in the plain
    parts of the file. It doesn't see into compressed object streams or encrypted files, and it
    refuses the rare harmless file that merely prints such a word uncompressed. An opening action
    that only goes to a page is let through.
    """

    def __init__(self) -> None:
        """Start before the first byte."""
        self._tail = b""

    def feed(self, block: bytes) -> None:
        """Look at the next block; raise ActiveContent as soon as such a name is complete."""
        window = self._tail + block
        if _ACTIVE.search(_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), window)):
            raise ActiveContent
        self._tail = window[-_OVERLAP:]
