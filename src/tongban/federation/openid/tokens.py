"""JSON Web Tokens between nodes: signed by one; what names a person is encrypted to the other.

Their ``typ`` keeps them apart from each other and from messages, which have none (RFC 8725, 3.11):
no text that a node has signed for one purpose passes for another.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from joserfc import jwe, jws
from joserfc.util import urlsafe_b64decode

from tongban.federation import keys, known
from tongban.federation.document import Document
from tongban.federation.envelope import own_key
from tongban.federation.errors import LoginUnsure
from tongban.federation.openid.profile import ENCRYPTION, TOKEN_LIFE
from tongban.federation.rules import SKEW
from tongban.federation.signing import ALGORITHM, UNREADABLE
from tongban.kernel import clock
from tongban.kernel.canonical import canonical_bytes

ASSERTION, ID_TOKEN = "client-authentication+jwt", "JWT"
MOST = 8 * 1024
"""Characters of a token; one with the longest name has under 2,500."""
_OUTER = {"alg", "enc", "kid", "cty", "epk"}
_SIGNED = jws.JWSRegistry(algorithms=[ALGORITHM])
_SEALED = jwe.JWERegistry(algorithms=list(ENCRYPTION))


def signed(claims: dict[str, Any], *, typ: str) -> str:
    """Return claims as a JWT of this node's key in force, with ``iat`` and ``exp``."""
    now, jwk = _seconds(clock.now()), own_key("sig")
    header = {"alg": ALGORITHM, "kid": jwk["kid"], "typ": typ}
    payload = canonical_bytes({**claims, "iat": now, "exp": now + TOKEN_LIFE.seconds})
    return jws.serialize_compact(header, payload, keys.as_key(jwk), registry=_SIGNED)


def sealed(token: str, to: Document) -> str:
    """Return a token for another node's eyes (nested, RFC 7519, 5.2); LoginUnsure without a key."""
    box = to.box(clock.now())
    if box is None:
        raise LoginUnsure(why=f"{to.node} states no key to encrypt to")
    algorithm, method = ENCRYPTION
    header = {"alg": algorithm, "enc": method, "kid": box.kid, "cty": "JWT"}
    return jwe.encrypt_compact(header, token.encode(), keys.as_key(box.jwk), registry=_SEALED)


def opened(text: str) -> str:
    """Return the token that another node encrypted to this one; LoginUnsure."""
    if len(text) > MOST:
        raise LoginUnsure(why="too long")
    try:
        head = json.loads(urlsafe_b64decode(text.partition(".")[0].encode("ascii")))
        if not set(head) <= _OUTER or head["cty"] != "JWT":
            raise ValueError("header")  # noqa: EM101 - said below
        for jwk in keys.read():
            if (jwk["use"], jwk["kid"]) == ("enc", head["kid"]):
                found = jwe.decrypt_compact(text, keys.as_key(jwk), registry=_SEALED)
                return (found.plaintext or b"").decode("ascii")
    except UNREADABLE as fault:
        raise LoginUnsure(why=f"not readable ({type(fault).__name__})") from None
    raise LoginUnsure(why="encrypted to a key that this node hasn't")


def verified(text: str, by: Document, *, typ: str, needed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the claims that a node signed just now, of this type and with these values.

    Signed by the key that its trusted document names for that moment. LoginUnsure, and that
    document is asked for anew where the key isn't one of it.
    """
    if len(text) > MOST:
        raise LoginUnsure(why="too long")
    try:
        parts = jws.extract_compact(text.encode("ascii"), registry=_SIGNED)
        head, claims = parts.headers(), json.loads(parts.payload)
        issued, ends = _moment(claims["iat"]), _moment(claims["exp"])
        as_agreed = set(head) == {"alg", "kid", "typ"} and head["typ"] == typ
        key = by.key(head["kid"], "sig", issued) if as_agreed else None
    except UNREADABLE as fault:
        raise LoginUnsure(why=f"not readable ({type(fault).__name__})") from None
    if not as_agreed:
        raise LoginUnsure(why="of another type")
    if key is None:
        known.ask_anew(by.node)
        raise LoginUnsure(why="signed by a key that is not in force")
    try:
        jws.deserialize_compact(text, keys.as_key(key.jwk), registry=_SIGNED)
    except UNREADABLE:
        raise LoginUnsure(why="its signature doesn't hold") from None
    _check_times(issued, ends)
    for name, value in needed.items():
        if claims.get(name) != value:
            raise LoginUnsure(why=f"another {name}")
    return dict(claims)


def _check_times(issued: datetime, ends: datetime) -> None:
    now = clock.now()
    if issued - now > SKEW:
        raise LoginUnsure(why="issued in the future: compare the clocks")
    if now - ends >= SKEW or ends - issued > TOKEN_LIFE:
        raise LoginUnsure(why="no longer valid")


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _moment(seconds: object) -> datetime:
    if type(seconds) is not int:
        raise TypeError(type(seconds))
    return datetime.fromtimestamp(seconds, UTC)


moment_of = _moment
