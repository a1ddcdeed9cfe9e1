"""What crosses, as the apps above see it, and the kinds that they have registered."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from tongban.federation.errors import FileUnfit
from tongban.federation.rules import MOST_FILE, type_of
from tongban.kernel import forms
from tongban.kernel.validation import compiled
from tongban.vault import api as vault
from tongban.vault.errors import Tampered

FILE_TABLE = "federation_file"
_SIZE = forms.number(0, MOST_FILE)
_FILE = forms.closed(
    {
        "id": forms.ID,
        "size": _SIZE,
        "media_type": forms.text(200, least=0),
        "digest": forms.HEX_32,
        "sealed_size": _SIZE,
        "token": forms.HEX_32,
        "key": forms.HEX_32,
    }
)
MORE = "more"
"""Where a later minor version says what an earlier one may pass over."""
EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "subject", "recipient", "seq", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": forms.ID,
        "source": forms.NODE,
        "type": forms.matching(r"cn\.tongban\.[a-z0-9._-]{1,60}"),
        "time": forms.MOMENT,
        "subject": forms.matching("[!-~]{1,49}"),
        "datacontenttype": {"const": "application/json"},
        "recipient": forms.NODE,
        "seq": forms.number(1),
        "data": forms.closed(
            {
                "body": {"type": "object"},
                "files": forms.many(_FILE, 500),
                MORE: {"type": "object"},
            },
            optional=(MORE,),
        ),
    },
}
"""The form of every message, whatever its kind. CloudEvents lets others have more attributes."""
MESSAGE = compiled(EVENT)


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
    """A message as it is taken: who sent it, its place in its lane, and what it says.

    ``more`` is what a later minor version may say besides; it is kept with the message, and what of
    it isn't known is passed over.
    """

    id: str
    sender: str
    kind: str
    lane: str
    seq: int
    at: datetime
    data: dict[str, Any]
    files: tuple[ReceivedFile, ...]
    version: int = 1
    more: dict[str, Any] = field(default_factory=dict)


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
    """What is done with one major version of a kind of message."""

    take: Callable[[Message], None]
    refused: Callable[[Message, str], None] | None
    schema: dict[str, Any] | None
    form: Draft202012Validator | None
    again: Callable[[Message, str], None] | None = None
    retake: Callable[[Message], None] | None = None


@dataclass(slots=True)
class KindOf:
    """A kind of message: its major versions, and what is done with the answer to one."""

    versions: dict[int, Handling] = field(default_factory=dict)
    answered: Callable[[Answer], None] | None = None


class Registry:
    """What ``site`` has wired; one a process."""

    def __init__(self) -> None:
        """Know no kind yet."""
        self.kinds: dict[str, KindOf] = {}
        self.open_file: Callable[[str], Iterator[bytes]] | None = None

    def types(self, kind: str | None = None) -> list[str]:
        """Return the types that this node takes: of a kind, or of all."""
        return sorted(
            type_of(name, version)
            for name, one in self.kinds.items()
            if kind in {None, name}
            for version in one.versions
        )


REGISTRY = Registry()


def register(
    kind: str,
    *,
    take: Callable[[Message], None],
    answered: Callable[[Answer], None] | None = None,
    refused: Callable[[Message, str], None] | None = None,
    schema: dict[str, Any] | None = None,
    version: int = 1,
    again: Callable[[Message, str], None] | None = None,
    retake: Callable[[Message], None] | None = None,
) -> None:
    """Say what is done with a major version of a kind of message.

    ``take`` runs in the transaction that records it; a Refusal refuses the message for good, what
    isn't of the ``schema`` is refused before. Whatever else ``take`` raises is a defect of this
    node: nothing is recorded, and the message comes again. ``answered`` runs in the transaction
    that records the answer, whatever the version. ``refused`` is told of a message that ``take``
    refused, with the code, in the transaction that records that.

    Of a node that was put back from a backup: ``again`` does here what this node once told another
    (``to``) of, and has lost; ``retake`` takes again what was taken and lost (default: ``take``).
    """
    form = None if schema is None else compiled(schema)
    known = REGISTRY.kinds.setdefault(kind, KindOf())
    known.versions[version] = Handling(
        take=take, refused=refused, schema=schema, form=form, again=again, retake=retake
    )
    known.answered = answered


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
