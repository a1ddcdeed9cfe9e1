"""Canonical JSON, signed as JWS by a node's key: its document, its messages, its answers.

One value has one spelling: a text counts only if writing it again gives the same characters, so
that nobody can make a second one of a signed text.
"""

import json
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64encode

from tongban.federation import keys
from tongban.federation.rules import MOST_ENVELOPE
from tongban.kernel.canonical import canonical_bytes

ALGORITHM = "Ed25519"
UNREADABLE = (
    *(JoseError, ValueError, KeyError, TypeError),
    *(AttributeError, OverflowError, RecursionError),
)
"""What reading a stranger's text may raise: of the library, of JSON, of a form that isn't ours."""


class _Roomy(jws.JWSRegistry):
    """The library's own limit is 125 KiB; a case with its events has more."""

    max_payload_length = MOST_ENVELOPE


_ROOMY = _Roomy(algorithms=[ALGORITHM])


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a text says, and which key is to have signed it; nothing is checked yet."""

    value: dict[str, Any]
    kid: str
    text: str


def sign(value: dict[str, Any], jwk: dict[str, Any]) -> str:
    """Return a value as JWS."""
    header = {"alg": ALGORITHM, "kid": jwk["kid"]}
    return jws.serialize_compact(header, canonical_bytes(value), keys.as_key(jwk), registry=_ROOMY)


def read(text: str) -> Read:
    """Return what a text says; one of ``UNREADABLE`` where it isn't in its canonical form."""
    parts = jws.extract_compact(text.encode("ascii"), registry=_ROOMY)
    header, value = parts.headers(), json.loads(parts.payload)
    if not isinstance(value, dict):
        raise TypeError(type(value))
    kid = header["kid"]
    head = canonical_bytes({"alg": ALGORITHM, "kid": kid})
    if text.rpartition(".")[0] != f"{_spelt(head)}.{_spelt(canonical_bytes(value))}":
        raise ValueError("spelling")  # noqa: EM101 - the caller says what it was
    return Read(value=value, kid=kid, text=text)


def _spelt(content: bytes) -> str:
    return urlsafe_b64encode(content).decode("ascii")


def is_signed(found: Read, jwk: dict[str, Any]) -> bool:
    """Tell whether the signature of a text is this key's."""
    try:
        jws.deserialize_compact(found.text, keys.as_key(jwk), registry=_ROOMY)
    except UNREADABLE:
        return False
    return True
