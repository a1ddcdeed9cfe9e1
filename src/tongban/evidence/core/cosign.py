"""What exactly is signed, for logs and witnesses (C2SP signed-note, tlog-cosignature).

A signature by a NOTE key is the suite's signature alone; by every other key it is a
``timestamped_signature``: the time as a big-endian uint64, seconds since 1970, and the suite's.
"""

from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.faults import Malformed
from tongban.evidence.core.keys import Form, NoteKey, Signer, SuiteLookup
from tongban.evidence.core.text import LARGEST

_TIME_LENGTH = 8
_LONGEST_OPAQUE = 255


def signed_message(key: NoteKey, text: str, timestamp: int) -> bytes:
    """Return the bytes that the key's suite signs for this note text.

    NOTE: the text (signed-note, Ed25519 signatures). COSIGNATURE: two lines before it
    (tlog-cosignature, Ed25519 signed message). SUBTREE: a ``cosigned_message`` over the whole
    tree (ML-DSA-44 signed message). Raises Malformed unless the last two cover a checkpoint.
    """
    form = key.algorithm.value.form
    if form is Form.NOTE:
        return text.encode("utf-8", "surrogatepass")
    checkpoint = Checkpoint.parse(text)
    if form is Form.COSIGNATURE:
        return f"cosignature/v1\ntime {timestamp}\n{text}".encode()
    return b"".join(
        [
            b"subtree/v1\n\0",
            _opaque(key.name),
            timestamp.to_bytes(8, "big"),
            _opaque(checkpoint.origin),
            (0).to_bytes(8, "big"),
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        ]
    )


def make_signature(signer: Signer, text: str, timestamp: int) -> bytes:
    """Sign a note text; ``timestamp`` is used where the key's algorithm has one.

    Raises Malformed for a time outside 0 to 2^63 - 1, and as ``signed_message`` does.
    """
    if not 0 <= timestamp <= LARGEST:
        message = f"not a timestamp: {timestamp}"
        raise Malformed(message)
    signature = signer.sign(signed_message(signer.key, text, timestamp))
    if signer.key.algorithm.value.form is Form.NOTE:
        return signature
    return timestamp.to_bytes(_TIME_LENGTH, "big") + signature


def check_signature(key: NoteKey, suites: SuiteLookup, text: str, signature: bytes) -> int | None:
    """Return the time of a good signature, 0 for one without; None for a bad one."""
    facts = key.algorithm.value
    timestamp = 0
    if facts.form is not Form.NOTE:
        timestamp = int.from_bytes(signature[:_TIME_LENGTH], "big")
        signature = signature[_TIME_LENGTH:]
    if len(signature) != facts.signature_length or timestamp > LARGEST:
        return None
    try:
        message = signed_message(key, text, timestamp)
    except Malformed:
        return None
    return timestamp if suites(facts.suite).verify(key.public, message, signature) else None


def _opaque(text: str) -> bytes:
    """Write ``opaque<1..2^8-1>`` of RFC 8446 section 3.4."""
    raw = text.encode()
    if not 0 < len(raw) <= _LONGEST_OPAQUE:
        message = f"a name of {len(raw)} bytes can't be cosigned by ML-DSA-44"
        raise Malformed(message)
    return bytes([len(raw)]) + raw
