"""Signed notes (C2SP signed-note): read, write, check, sign."""

from collections.abc import Iterable
from typing import NamedTuple

from tongban.evidence.core.cosign import check_signature, make_signature
from tongban.evidence.core.faults import BadSignature, Malformed
from tongban.evidence.core.keys import NoteKey, Signer, SuiteLookup
from tongban.evidence.core.text import base64_of, is_key_name, read_base64, read_utf8

MAX_NOTE = 1 << 20
"""Bytes of a note at most: 100 post-quantum signatures fit."""
MAX_SIGNATURES = 100
"""Signature lines of a note at most; the specification asks for 16 or more."""

_ID_LENGTH = 4
_PARTS = 3


class Signature(NamedTuple):
    """One signature line; ``signature`` is what follows the four bytes of the key ID."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line with its newline; Malformed if the parts can't stand in one."""
        line = f"— {self.name} {base64_of(self.key_id + self.signature)}\n"
        if _read_line(line[:-1]) != self:
            message = f"no signature line can carry the name {self.name!r}"
            raise Malformed(message)
        return line


class Note(NamedTuple):
    """A note: its text with the final newline, and its signatures as they stand, unchecked."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes) -> "Note":
        """Read a note (signed-note, Format); Malformed for any departure from it.

        The text is parted from the signatures at the last empty line.
        """
        text, empty, lines = read_utf8(data, MAX_NOTE).rpartition("\n\n")
        if not empty:
            message = "no empty line before the signatures"
            raise Malformed(message)
        return cls(f"{text}\n", parse_signatures(lines))

    @property
    def data(self) -> bytes:
        """The note as bytes; Malformed if ``parse`` would not read the same from them."""
        lines = "".join(signature.line for signature in self.signatures)
        data = f"{self.text}\n{lines}".encode("utf-8", "surrogatepass")
        if self.parse(data) != self:
            message = "a note's text ends in a newline, and a signature follows it"
            raise Malformed(message)
        return data

    def with_signatures(self, more: Iterable[Signature]) -> "Note":
        """Return the note with these too; one by the same name and key ID replaces the old."""
        merged = {(one.name, one.key_id): one for one in (*self.signatures, *more)}
        return Note(self.text, tuple(merged.values()))


class Verifiers:
    """Known keys and the suites that check their signatures.

    Raises Malformed for two keys with one name and key ID: which one signed would be open.
    """

    def __init__(self, keys: Iterable[NoteKey], suites: SuiteLookup) -> None:
        """Take the keys up; the same key twice is one."""
        self._suites = suites
        self._keys: dict[tuple[str, bytes], NoteKey] = {}
        for key in keys:
            if self._keys.setdefault((key.name, key.key_id), key) != key:
                message = f"two keys are {key.name}+{key.key_id.hex()}"
                raise Malformed(message)

    def check(self, text: str, signature: Signature) -> "Signed | None":
        """Return whose signature it is, or None for an unknown key; BadSignature for a bad one."""
        key = self._keys.get((signature.name, signature.key_id))
        if key is None:
            return None
        timestamp = check_signature(key, self._suites, text, signature.signature)
        if timestamp is None:
            message = f"bad signature of {key.name}+{key.key_id.hex()}"
            raise BadSignature(message)
        return Signed(key, timestamp, signature)


class Signed(NamedTuple):
    """A good signature of a known key; ``timestamp`` is 0 where the algorithm has none."""

    key: NoteKey
    timestamp: int
    signature: Signature


class Opened(NamedTuple):
    """A note whose text may be believed, as far as one believes the keys in ``signed``."""

    text: str
    signed: tuple[Signed, ...]


def parse_signatures(lines: str) -> tuple[Signature, ...]:
    """Read 1 to 100 signature lines; Malformed otherwise."""
    if not lines.endswith("\n") or lines.count("\n") > MAX_SIGNATURES:
        message = f"not 1 to {MAX_SIGNATURES} signature lines, each with a newline"
        raise Malformed(message)
    return tuple(map(_read_line, lines[:-1].split("\n")))


def open_note(note: Note, verifiers: Verifiers) -> Opened:
    """Check a note's signatures (signed-note, Signatures).

    Unknown keys are ignored. One bad signature of a known key sinks the note, even beside a
    good one of the same key; several good ones of a key count once, the first. Raises
    BadSignature, also where no known key signed.
    """
    signed: dict[NoteKey, Signed] = {}
    for signature in dict.fromkeys(note.signatures):  # the very same line once
        found = verifiers.check(note.text, signature)
        if found is not None:
            signed.setdefault(found.key, found)
    if not signed:
        message = "no signature by a known key"
        raise BadSignature(message)
    return Opened(note.text, tuple(signed.values()))


def sign(signer: Signer, text: str, timestamp: int = 0) -> Signature:
    """Return a signature of a note text; see ``cosign.make_signature``."""
    signature = make_signature(signer, text, timestamp)
    return Signature(signer.key.name, signer.key.key_id, signature)


def sign_note(text: str, signers: Iterable[Signer], timestamp: int = 0) -> Note:
    """Return the note with a signature of each; its ``data`` is what is handed out."""
    return Note(text, tuple(sign(signer, text, timestamp) for signer in signers))


def _read_line(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != _PARTS or parts[0] != "—" or not is_key_name(parts[1]):
        message = f"not a signature line: {line[:80]!r}"
        raise Malformed(message)
    raw = read_base64(parts[2])
    if len(raw) <= _ID_LENGTH:
        message = f"a signature of {len(raw)} bytes has no place for a key ID"
        raise Malformed(message)
    return Signature(parts[1], raw[:_ID_LENGTH], raw[_ID_LENGTH:])
