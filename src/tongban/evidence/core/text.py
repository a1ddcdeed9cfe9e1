"""Strict readers of the small pieces: decimal numbers, base64, names. One spelling each.

A second spelling of the same value would let a changed byte pass as no change.
"""

import base64
import binascii
import re

from tongban.evidence.core.faults import Malformed

LARGEST = 2**63 - 1
"""Largest size, index and timestamp; tlog-cosignature bounds timestamps so, and Go its sizes."""
HASH_LENGTH = 32
MAX_HASH_LINES = 63
"""Lines of a proof at most (tlog-witness, add-checkpoint)."""

_DECIMAL = re.compile("0|[1-9][0-9]{0,18}")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
_NO_LINE = re.compile("[\x00-\x1f\ud800-\udfff]")


def read_number(text: str) -> int:
    """Read an ASCII decimal without leading zeros; Malformed for others and above 2^63 - 1."""
    if _DECIMAL.fullmatch(text) is None or int(text) > LARGEST:
        message = f"not a decimal number up to 2^63 - 1 without leading zeros: {text[:40]!r}"
        raise Malformed(message)
    return int(text)


def base64_of(raw: bytes) -> str:
    """Write standard base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(raw).decode("ascii")


def read_base64(text: str) -> bytes:
    """Read base64 as ``base64_of`` writes it; Malformed for every other spelling."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not raw or base64_of(raw) != text:
        message = f"not canonical base64 of at least one byte: {text[:40]!r}"
        raise Malformed(message)
    return raw


def read_hash(text: str) -> bytes:
    """Read the base64 of 32 bytes."""
    raw = read_base64(text)
    if len(raw) != HASH_LENGTH:
        message = f"a hash has {HASH_LENGTH} bytes, not {len(raw)}"
        raise Malformed(message)
    return raw


def read_hashes(lines: list[str]) -> tuple[bytes, ...]:
    """Read the lines of a proof, one hash each; Malformed beyond 63."""
    if len(lines) > MAX_HASH_LINES:
        message = f"a proof has at most {MAX_HASH_LINES} lines, not {len(lines)}"
        raise Malformed(message)
    return tuple(map(read_hash, lines))


def is_line(text: str) -> bool:
    """Tell whether a text can be a line of a note: not empty, no control characters, UTF-8."""
    return bool(text) and _NO_LINE.search(text) is None


def is_key_name(name: str) -> bool:
    """Tell whether a line can name a key: no Unicode white space, no plus (signed-note, Format)."""
    return is_line(name) and not any(char.isspace() or char == "+" for char in name)


def read_utf8(data: bytes, limit: int) -> str:
    """Decode a text of at most ``limit`` bytes whose only control character below U+0020 is LF."""
    if len(data) > limit:
        message = f"a text of {len(data)} bytes is over {limit}"
        raise Malformed(message)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"not UTF-8 at byte {error.start}"
        raise Malformed(message) from None
    found = _CONTROL.search(text)
    if found is not None:
        message = f"control character U+{ord(found[0]):04X}"
        raise Malformed(message)
    return text
