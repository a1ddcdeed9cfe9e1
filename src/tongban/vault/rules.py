"""The cryptography: sealing, streams, derivation. Plain Python, no Django, no files.

Sealed bytes: version 0x01, a 12-byte random nonce, AES-256-GCM ciphertext with its 16-byte tag
(NIST SP 800-38D). The associated data is the version and the length-prefixed table, row and
column, so that bytes copied to another place don't open there.

A sealed stream: version 0x02, a 32-byte salt, chunks of at most ``CHUNK`` bytes, each with its
tag. Every stream has its own key (HKDF-SHA-256 over the salt); a chunk's nonce is its counter and a
flag for the last one, as in STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015), so that chunks
can't be dropped, swapped, repeated or added.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tongban.kernel.canonical import canonical_bytes
from tongban.vault.errors import Tampered

KEY_LENGTH = 32
CHUNK = 64 * 1024
"""Clear bytes in every chunk of a stream but the last, which has 1 to this many."""

_VALUE = b"\x01"
_STREAM = b"\x02"
_NONCE = 12
_TAG = 16
_SALT = 32
_COUNTER = 11  # bytes of the nonce; the twelfth is the flag


@dataclass(frozen=True, slots=True)
class DataKey:
    """A key and its id. The secret isn't part of the repr and must never be kept or logged.

    At most 2**32 values may be sealed under one key (random nonces, SP 800-38D section 8.3).
    """

    id: str
    secret: bytes = field(repr=False)


def new_secret() -> bytes:
    """Return a fresh AES-256 key."""
    return os.urandom(KEY_LENGTH)


def derive(secret: bytes, *, info: str, salt: bytes = b"") -> bytes:
    """Derive a 32-byte key by HKDF-SHA-256 (RFC 5869); ``info`` separates the uses."""
    return HKDF(
        algorithm=SHA256(), length=KEY_LENGTH, salt=salt or None, info=info.encode("utf-8")
    ).derive(secret)


def _framed(table: str, row: str, column: str) -> bytes:
    """Join three texts so that no other three give the same bytes."""
    parts = table.encode("utf-8"), row.encode("utf-8"), column.encode("utf-8")
    lengths = [len(part).to_bytes(4, "big") for part in parts]
    return b"".join((lengths[0], parts[0], lengths[1], parts[1], lengths[2], parts[2]))


def seal(*, key: DataKey, table: str, row: str, column: str, clear: bytes) -> bytes:
    """Encrypt ``clear`` for one column of one row; 29 bytes longer than it."""
    nonce = os.urandom(_NONCE)
    where = _VALUE + _framed(table, row, column)
    return _VALUE + nonce + AESGCM(key.secret).encrypt(nonce, clear, where)


def unseal(*, key: DataKey, table: str, row: str, column: str, sealed: bytes) -> bytes:
    """Open what ``seal`` made for the same key, table, row and column; else Tampered."""
    if len(sealed) < 1 + _NONCE + _TAG or sealed[:1] != _VALUE:
        raise Tampered
    where = _VALUE + _framed(table, row, column)
    nonce, body = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    try:
        return AESGCM(key.secret).decrypt(nonce, body, where)
    except InvalidTag:
        raise Tampered from None


def seal_text(*, key: DataKey, table: str, row: str, column: str, clear: str) -> bytes:
    """Encrypt text as UTF-8; see ``seal``."""
    return seal(key=key, table=table, row=row, column=column, clear=clear.encode("utf-8"))


def unseal_text(*, key: DataKey, table: str, row: str, column: str, sealed: bytes) -> str:
    """Open text; see ``unseal``."""
    return unseal(key=key, table=table, row=row, column=column, sealed=sealed).decode("utf-8")


def seal_json(
    *, key: DataKey, table: str, row: str, column: str, value: Mapping[str, Any]
) -> bytes:
    """Encrypt a JSON object in its canonical form (``kernel.canonical``); see ``seal``."""
    return seal(key=key, table=table, row=row, column=column, clear=canonical_bytes(dict(value)))


def unseal_json(
    *, key: DataKey, table: str, row: str, column: str, sealed: "bytes | memoryview[int]"
) -> dict[str, Any]:
    """Open a JSON object; see ``unseal``."""
    clear = unseal(key=key, table=table, row=row, column=column, sealed=bytes(sealed))
    opened: dict[str, Any] = json.loads(clear)
    return opened


def _nonce(counter: int, *, last: bool) -> bytes:
    return counter.to_bytes(_COUNTER, "big") + (b"\x01" if last else b"\x00")


def _chunks(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Cut blocks of any size into chunks of ``CHUNK``; the flag marks the last one."""
    buffer = bytearray()
    for block in blocks:
        buffer += block
        while len(buffer) > CHUNK:  # not >=: the last chunk is never empty
            yield bytes(buffer[:CHUNK]), False
            del buffer[:CHUNK]
    yield bytes(buffer), True


def seal_stream(
    *, key: DataKey, table: str, row: str, column: str, clear: Iterable[bytes]
) -> Iterator[bytes]:
    """Encrypt blocks of any size, holding one chunk in memory; an empty stream is sealed too."""
    salt = os.urandom(_SALT)
    cipher = AESGCM(derive(key.secret, info="tongban/stream/v1", salt=salt))
    where = _STREAM + _framed(table, row, column)
    yield _STREAM + salt
    for counter, (chunk, last) in enumerate(_chunks(clear)):
        yield cipher.encrypt(_nonce(counter, last=last), chunk, where)


def unseal_stream(
    *, key: DataKey, table: str, row: str, column: str, sealed: BinaryIO
) -> Iterator[bytes]:
    """Open a stream chunk by chunk; every chunk that comes out is authentic and in its place.

    Tampered is raised at the first chunk that isn't, after the good ones before it were yielded:
    only a run to the end says that nothing is missing.
    """
    head = sealed.read(1 + _SALT)
    if len(head) < 1 + _SALT or head[:1] != _STREAM:
        raise Tampered
    cipher = AESGCM(derive(key.secret, info="tongban/stream/v1", salt=head[1:]))
    where = _STREAM + _framed(table, row, column)
    counter, chunk = 0, sealed.read(CHUNK + _TAG)
    while True:
        following = sealed.read(CHUNK + _TAG)
        try:
            yield cipher.decrypt(_nonce(counter, last=not following), chunk, where)
        except InvalidTag:
            raise Tampered from None
        if not following:
            return
        counter, chunk = counter + 1, following
