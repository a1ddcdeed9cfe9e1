"""What crosses, as the apps above see it, and the kinds that they have registered."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from tongban.federation.errors import FileUnfit
from tongban.federation.rules import MOST_FILE
from tongban.vault import api as vault
from tongban.vault.errors import Tampered

FILE_TABLE = "federation_file"
_ID = {"type": "string", "pattern": r"^[a-z][a-z0-9]{0,15}-[0-9a-f]{32}\Z"}
_HEX = {"type": "string", "pattern": r"^[0-9a-f]{64}\Z"}
_SIZE = {"type": "integer", "minimum": 0, "maximum": MOST_FILE}
_FILE = {
    "type": "object",
    "required": ["id", "size", "media_type", "digest", "sealed_size", "token", "key"],
    "properties": {
        "id": _ID,
        "size": _SIZE,
        "media_type": {"type": "string", "maxLength": 200},
        "digest": _HEX,
        "sealed_size": _SIZE,
        "token": _HEX,
        "key": _HEX,
    },
}
MESSAGE = Draft202012Validator(
    {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "recipient", "seq", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": _ID,
            "type": {"type": "string", "pattern": r"^cn\.tongban\.[a-z0-9._-]{1,60}\Z"},
            "subject": {"type": "string", "pattern": r"^[!-~]{1,49}\Z"},
            "seq": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
            "data": {
                "type": "object",
                "required": ["body", "files"],
                "additionalProperties": False,
                "properties": {
                    "body": {"type": "object"},
                    "files": {"type": "array", "items": _FILE, "maxItems": 500},
                },
            },
        },
    }
)
"""The form of every message, whatever its kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRef:
    """A file that goes with a message: a document's id, its size, SHA-256 of its clear bytes."""

    id: str
    size: int
    media_type: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedFile:
    """A file that came with a message; all of it is here."""

    id: str
    size: int
    media_type: str
    digest: str
    source: Callable[[], Iterator[bytes]] = field(repr=False)

    def blocks(self) -> Iterator[bytes]:
        """Return the clear bytes; FileUnfit where they aren't those that the message tells of."""
        return self.source()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it is taken: who sent it, its place in its lane, and what it says."""

    id: str
    sender: str
    kind: str
    lane: str
    seq: int
    at: datetime
    data: dict[str, Any]
    files: tuple[ReceivedFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the other node signed for a message: taken, or refused with a code."""

    message_id: str
    to: str
    kind: str
    lane: str
    taken: bool
    code: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What is done with a kind of message, and with the answer to one."""

    take: Callable[[Message], None]
    answered: Callable[[Answer], None] | None
    refused: Callable[[Message, str], None] | None
    form: Draft202012Validator | None
    again: Callable[[Message, str], None] | None = None
    retake: Callable[[Message], None] | None = None


class Registry:
    """What ``site`` has wired; one a process."""

    def __init__(self) -> None:
        """Know no kind yet."""
        self.kinds: dict[str, Handling] = {}
        self.open_file: Callable[[str], Iterator[bytes]] | None = None


REGISTRY = Registry()


def register(
    kind: str,
    *,
    take: Callable[[Message], None],
    answered: Callable[[Answer], None] | None = None,
    refused: Callable[[Message, str], None] | None = None,
    schema: dict[str, Any] | None = None,
    again: Callable[[Message, str], None] | None = None,
    retake: Callable[[Message], None] | None = None,
) -> None:
    """Say what is done with a kind of message.

    ``take`` runs in the transaction that records it; a Refusal refuses the message for good, what
    isn't of the ``schema`` is refused before. Whatever else ``take`` raises is a defect of this
    node: nothing is recorded, and the message comes again. ``answered`` runs in the transaction
    that records the answer. ``refused`` is told of a message that ``take`` refused, with the code,
    in the transaction that records that.

    Of a node that was put back from a backup: ``again`` does here what this node once told another
    (``to``) of, and has lost; ``retake`` takes again what was taken and lost (default: ``take``).
    """
    form = None if schema is None else Draft202012Validator(schema)
    REGISTRY.kinds[kind] = Handling(
        take=take, answered=answered, refused=refused, form=form, again=again, retake=retake
    )


def register_files(open_file: Callable[[str], Iterator[bytes]]) -> None:
    """Say where the clear bytes of a document come from that a message of ours names."""
    REGISTRY.open_file = open_file


def file_key(file_id: str, secret: bytes) -> vault.DataKey:
    """Return the key under which a file travels."""
    return vault.DataKey(f"file/{file_id}", secret)


def unsealed(path: Path, told: dict[str, Any], secret: bytes) -> Iterator[bytes]:
    """Return the clear bytes of a file that has travelled.

    FileUnfit, at the end at the latest, where they aren't those that its message tells of.
    """
    size, digest = 0, hashlib.sha256()
    with path.open("rb") as sealed:
        try:
            for block in vault.unseal_stream(
                key=file_key(told["id"], secret),
                table=FILE_TABLE,
                row=told["id"],
                column="file",
                sealed=sealed,
            ):
                size += len(block)
                digest.update(block)
                yield block
        except Tampered:
            raise FileUnfit from None
    if (size, digest.hexdigest()) != (told["size"], told["digest"]):
        raise FileUnfit
