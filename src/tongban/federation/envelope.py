"""An envelope: a CloudEvent, signed by its sender (JWS, kept), then encrypted (JWE).

CloudEvents 1.0 in JSON; RFC 7515 and RFC 8037 for the signature, RFC 7516 with ECDH-ES+A256KW over
X25519 and A256GCM for the encryption. An answer is a JWS alone: it names a message and its digest.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwe
from joserfc.util import urlsafe_b64decode

from tongban.federation import keys, known, signing
from tongban.federation.document import Document
from tongban.federation.errors import EnvelopeUnfit, SenderUnsure
from tongban.federation.rules import MOST_ENVELOPE, SKEW
from tongban.kernel import clock
from tongban.kernel.wire import moment

_JWE = ["ECDH-ES+A256KW", "A256GCM"]


class _Roomy(jwe.JWERegistry):
    """The library's own limit is 64 KiB; a case with its events has more."""

    max_ciphertext_length = MOST_ENVELOPE


_ROOMY = _Roomy(algorithms=_JWE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What an envelope held: the event, and the very text that its sender signed."""

    event: dict[str, Any]
    signed: str
    at: datetime


def sign(value: dict[str, Any]) -> str:
    """Return a value as JWS by this node's key in force; LookupError where it has none."""
    return signing.sign(value, own_key("sig"))


def own_key(use: str) -> dict[str, Any]:
    """Return the newest key that this node's document names: others know no other.

    LookupError where it has none.
    """
    me, now = known.own(), clock.now()
    for jwk in keys.read():
        if me is not None and jwk["use"] == use and me.key(jwk["kid"], use, now) is not None:
            return jwk
    message = f"this node has no key for {use}"
    raise LookupError(message)


def encrypt(signed: str, to: Document) -> str:
    """Return a signed text for another node's eyes; EnvelopeUnfit where it has no key in force."""
    box = to.box(clock.now())
    if box is None:
        raise EnvelopeUnfit(why=f"{to.node} states no key to encrypt to")
    header = {"alg": _JWE[0], "enc": _JWE[1], "kid": box.kid}
    return jwe.encrypt_compact(header, signed.encode(), keys.as_key(box.jwk), registry=_ROOMY)


def decrypt(text: str) -> str:
    """Return the signed text of an envelope to this node; EnvelopeUnfit."""
    if len(text) > MOST_ENVELOPE:
        raise EnvelopeUnfit(why="too long")
    own = [one for one in keys.read() if one["use"] == "enc"]
    try:
        kid = json.loads(_header_of(text)).get("kid")
        for jwk in own:
            if jwk["kid"] == kid:
                found = jwe.decrypt_compact(text, keys.as_key(jwk), registry=_ROOMY)
                return (found.plaintext or b"").decode("ascii")
    except signing.UNREADABLE as fault:
        raise EnvelopeUnfit(why=f"not readable ({type(fault).__name__})") from None
    raise EnvelopeUnfit(why="encrypted to a key that this node hasn't")


def _header_of(text: str) -> bytes:
    head = text.partition(".")[0]
    if len(head) > 1024:  # noqa: PLR2004 - as the library has it
        message = "header"
        raise ValueError(message)
    return urlsafe_b64decode(head.encode("ascii"))


def claimed(signed: str, name: str) -> str:
    """Return a text that a signed value holds, before anything is checked; EnvelopeUnfit."""
    try:
        return str(signing.read(signed).value[name])
    except signing.UNREADABLE as fault:
        raise EnvelopeUnfit(why=f"not readable ({type(fault).__name__})") from None


def verify(signed: str, by: Document) -> tuple[dict[str, Any], datetime]:
    """Return what ``by`` signed and when it says it did; EnvelopeUnfit, SenderUnsure.

    ``time`` must lie in the days of the key, by that node's clock and, ten minutes apart, ours.
    """
    try:
        read = signing.read(signed)
        at = moment(read.value["time"])
    except signing.UNREADABLE as fault:
        raise EnvelopeUnfit(why=f"not readable ({type(fault).__name__})") from None
    key = by.key(read.kid, "sig", at)
    if key is None:
        raise SenderUnsure(why="signed by a key that is not in force")
    if not signing.is_signed(read, key.jwk):
        raise EnvelopeUnfit(why="its signature doesn't hold")
    if at > clock.now() + SKEW:
        raise SenderUnsure(why="signed in the future: compare the clocks")
    return read.value, at


def digest_of(signed: str) -> str:
    """Return SHA-256 of a signed text, hexadecimal: what an answer names."""
    return hashlib.sha256(signed.encode("ascii")).hexdigest()
