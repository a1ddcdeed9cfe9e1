"""Bodies, disclosures and leaves of entries. No Django.

A leaf is all that ever stands in the public log: a version byte and a salted commitment. The
body is canonical JSON (RFC 8785) of

    {"v": 1, "id", "kind", "at", "place_id", "node", "acting": {…},
     "subject": {"kind", "id"}, "facts": {…}, "documents": [{"id", "digest"}, …],
     "refs": [entry id, …], "_sd_alg": "sha-256", "_sd": [digest, …]}

``_sd`` holds the digests of the personal fields, each disclosed apart as in SD-JWT (RFC 9901
section 4.2), so that a receipt can show one and keep the others.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tongban.evidence.kinds import LOOK
from tongban.kernel.canonical import canonical_bytes, read_canonical
from tongban.kernel.wire import moment_text

LEAF_VERSION = b"\x01"
LEAF_LENGTH = 33
SALT_LENGTH = 32
BODY_LIMIT = 64 * 1024
"""Bytes of a body at most."""


def leaf_of(salt: bytes, body: bytes) -> bytes:
    """Return the 33 bytes that the log shows: 0x01 and SHA-256 over salt and body.

    The salt has 32 random bytes, so that nobody can try out bodies; ValueError otherwise.
    """
    if len(salt) != SALT_LENGTH:
        message = f"a salt has {SALT_LENGTH} bytes, not {len(salt)}"
        raise ValueError(message)
    return LEAF_VERSION + hashlib.sha256(salt + body).digest()


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def disclosure_of(name: str, value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return the disclosure of one personal field: base64url of ``[salt, name, value]``."""
    return _base64url(canonical_bytes([_base64url(secrets.token_bytes(16)), name, value]))


def disclosure_digest(disclosure: str) -> str:
    """Return what the body holds for a disclosure: base64url of its SHA-256."""
    return _base64url(hashlib.sha256(disclosure.encode("ascii")).digest())


def read_disclosure(disclosure: str) -> tuple[str, Any]:
    """Return name and value of a disclosed field; ValueError for any other spelling."""
    raw = base64.urlsafe_b64decode(disclosure + "=" * (-len(disclosure) % 4))
    match read_canonical(raw):
        case [str(), str(name), value] if _base64url(raw) == disclosure:
            return name, value
    message = "a disclosure is base64url of a list of salt, name and value"
    raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What goes into a body, in the shapes of ``record``."""

    id: str
    node: str
    kind: str
    at: datetime
    place_id: str
    acting: Mapping[str, Any]
    subject: tuple[str, str]
    facts: Mapping[str, Any]
    documents: Sequence[Mapping[str, str]]
    refs: Sequence[str]


def body_of(facts: Facts, disclosures: Sequence[str]) -> bytes:
    """Return the canonical body; ValueError if it is too long, TypeError if it isn't JSON."""
    body = canonical_bytes(
        {
            "v": 1,
            "id": facts.id,
            "kind": facts.kind,
            "at": moment_text(facts.at),
            "place_id": facts.place_id,
            "node": facts.node,
            "acting": dict(facts.acting),
            "subject": {"kind": facts.subject[0], "id": facts.subject[1]},
            "facts": dict(facts.facts),
            "documents": [dict(document) for document in facts.documents],
            "refs": list(facts.refs),
            "_sd_alg": "sha-256",
            # Sorted, so that the order says nothing about the fields.
            "_sd": sorted(map(disclosure_digest, disclosures)),
        }
    )
    if len(body) > BODY_LIMIT:
        message = f"a body of {len(body)} bytes is over {BODY_LIMIT}"
        raise ValueError(message)
    return body


DATE_GRACE = timedelta(minutes=5)
"""How far two clocks of one node may lie apart, and a moment before its own recording."""


def is_misdated(
    *,
    kind: str,
    facts: Mapping[str, Any],
    at: datetime,
    recorded_at: datetime,
    before: datetime | None,
) -> bool:
    """Tell whether an entry claims a moment that its recording doesn't bear out.

    An entry speaks of the moment of its own recording, but for two: acceptance by silence dates
    back to the day the papers came (行政许可法 art. 32(4)), and a look waits in the spool. Nothing
    is dated forward. ``before`` is when the entry before it was recorded: whoever sets
    ``recorded_at`` back as well can't set back what was recorded before.
    """
    if before is not None and recorded_at < before - DATE_GRACE:
        return True
    lawful = kind == LOOK or (kind == "case.accepted" and facts.get("by_silence") is True)
    late = recorded_at - at > DATE_GRACE and not lawful
    return late or at - recorded_at > DATE_GRACE


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What proves a leaf: its salt and body, and the personal fields' disclosures."""

    salt: bytes
    body: bytes
    disclosures: tuple[str, ...]


def pack(opening: Opening) -> bytes:
    """Return an opening as the bytes that are sealed into a row."""
    return canonical_bytes(
        {
            "salt": opening.salt.hex(),
            "body": opening.body.decode("utf-8"),
            "disclosures": list(opening.disclosures),
        }
    )


def unpack(packed: bytes) -> Opening:
    """Read what ``pack`` made."""
    content = json.loads(packed)
    return Opening(
        salt=bytes.fromhex(content["salt"]),
        body=content["body"].encode("utf-8"),
        disclosures=tuple(content["disclosures"]),
    )


def is_proved(leaf: bytes, opening: Opening) -> bool:
    """Tell whether the opening proves the leaf, and each disclosure stands in the body."""
    if len(opening.salt) != SALT_LENGTH or leaf_of(opening.salt, opening.body) != leaf:
        return False
    digests = sorted(map(disclosure_digest, opening.disclosures))
    return bool(json.loads(opening.body)["_sd"] == digests)
