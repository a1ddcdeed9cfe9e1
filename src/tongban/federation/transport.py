"""Requests between nodes and their answers, signed (RFC 9421) with a digest of the body (RFC 9530).

It tells at the door, by headers alone, whether a request is of a node that is trusted. What a
message says stands in its envelope, signed and encrypted by itself; by disk nothing of this is
needed.

The receiver reckons the target from the address that its own document states, not from what a proxy
passes on: a request to one node is none to another.
"""

import base64
import binascii
import hashlib
import secrets
import threading
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
)
from http_message_signatures.algorithms import ED25519
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from tongban.federation import keys, known
from tongban.federation.document import Document
from tongban.federation.envelope import own_key
from tongban.federation.errors import RequestUnsigned
from tongban.federation.rules import CALL_LASTS, SKEW
from tongban.kernel import clock

NODE, DIGEST = "Tongban-Node", "Content-Digest"
LABEL, TAG = "tongban", "tongban-node"
_MOST_SEEN = 100_000
_UNREADABLE = (HTTPMessageSignaturesException, ValueError, KeyError, TypeError, AttributeError)


@dataclass(slots=True)
class Call:
    """A request: its method, the full address, its headers."""

    method: str
    url: str
    headers: Mapping[str, str]


@dataclass(slots=True)
class Reply:
    """The answer to a request."""

    status_code: int
    headers: Mapping[str, str]
    request: Call


class _Keys(HTTPSignatureKeyResolver):
    """The key of this node in force, or those of another's document, whatever their days."""

    def __init__(self, of: Document | None) -> None:
        self._of = of

    def resolve_private_key(self, key_id: str) -> Any:  # noqa: ANN401, ARG002 - the library's
        return keys.as_key(own_key("sig")).private_key

    def resolve_public_key(self, key_id: str) -> Any:  # noqa: ANN401 - the library's
        for one in () if self._of is None else self._of.keys:
            if (one.kid, one.use) == (key_id, "sig"):
                return keys.as_key(one.jwk).public_key
        return None


class _Verifier(HTTPMessageVerifier):
    """Reckons by this node's clock, as far apart as nodes' clocks may lie."""

    def validate_created_and_expires(
        self,
        sig_input: Any,  # noqa: ANN401 - the library's
        max_age: timedelta | None = None,  # noqa: ARG002 - the library's
    ) -> None:
        made, ends = sig_input.params["created"], sig_input.params["expires"]
        now = int(clock.now().timestamp())
        skew, lasts = int(SKEW.total_seconds()), int(CALL_LASTS.total_seconds())
        if not made <= ends <= made + lasts or not made - skew <= now <= ends + skew:
            message = "made at another time: compare the clocks"
            raise InvalidSignature(message)


class _Seen:
    """Requests that came, while they count: none comes twice. For this process alone."""

    def __init__(self) -> None:
        self._ends: dict[str, float] = {}
        self._lock = threading.Lock()

    def is_new(self, mark: str) -> bool:
        """Remember a request; False where it came before."""
        now = clock.now().timestamp()
        with self._lock:
            if mark in self._ends:
                return False
            if len(self._ends) >= _MOST_SEEN:
                self._ends = {one: end for one, end in self._ends.items() if end > now}
            if len(self._ends) < _MOST_SEEN:
                self._ends[mark] = now + (CALL_LASTS + 2 * SKEW).total_seconds()
            return True


_SEEN = _Seen()


def digest(body: bytes) -> str:
    """Return the value of Content-Digest for a body."""
    return digest_field(hashlib.sha256(body).digest())


def digest_field(sha256: bytes) -> str:
    """Return the value of Content-Digest for a digest."""
    return f"sha-256=:{base64.b64encode(sha256).decode('ascii')}:"


def _covered(call: Call) -> list[str]:
    """Return what the signature of a request covers."""
    own = ["@method", "@target-uri", NODE.lower()]
    if call.method == "POST":
        own += ["content-digest", "content-type"]
    return own + [name for name in ("range",) if name in {one.lower() for one in call.headers}]


def _covered_by(reply: Reply) -> list[str]:
    """Return what the signature of an answer covers: with it, which request it answers."""
    named = {one.lower() for one in reply.headers}
    return [
        "@status",
        "content-digest",
        "content-type",
        *(name for name in ("content-range",) if name in named),
        '"@method";req',
        '"@target-uri";req',
        f'"signature";req;key="{LABEL}"',
    ]


def _sign(message: Call | Reply, covered: list[str]) -> None:
    now = clock.now()
    HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=_Keys(None)).sign(
        message,
        key_id=own_key("sig")["kid"],
        created=now,
        expires=now + CALL_LASTS,
        nonce=secrets.token_urlsafe(16),
        label=LABEL,
        tag=TAG,
        covered_component_ids=covered,
        use_existing_digest="content-digest" in covered,
    )


def _verify(message: Call | Reply, by: Document, covered: list[str]) -> str:
    """Return the nonce of a signature that is good; one of ``_UNREADABLE``."""
    [found] = _Verifier(signature_algorithm=ED25519, key_resolver=_Keys(by)).verify(
        message, max_age=None, expect_tag=TAG, expect_label=LABEL, require_components=covered
    )
    at = datetime.fromtimestamp(int(found.parameters["created"]), UTC)
    if by.key(str(found.parameters["keyid"]), "sig", at) is None:
        why = "signed by a key that is not in force"
        raise InvalidSignature(why)
    return str(found.parameters["nonce"])


def signed_call(
    method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Call:
    """Return a request as this node signs it; LookupError where it has no key."""
    made: MutableMapping[str, str] = {**(headers or {}), NODE: _own().node}
    if method == "POST":
        made[DIGEST] = digest(body)
    call = Call(method, url, made)
    _sign(call, _covered(call))
    return call


def _own() -> Document:
    me = known.own()
    if me is None:
        message = "this node has no document"
        raise LookupError(message)
    return me


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, by its headers; its body is still to be held against its digest."""

    node: str
    call: Call = field(repr=False)

    def check_body(self, body: bytes) -> None:
        """Make sure that the body is the one that was signed; RequestUnsigned."""
        if self.call.headers.get(DIGEST) != digest(body):
            raise RequestUnsigned(why="its body is another")

    def signed(self, *, status: int, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers of the answer with its signature; it has its digest already."""
        reply = Reply(status, dict(headers), self.call)
        _sign(reply, _covered_by(reply))
        return dict(reply.headers)


def caller(*, method: str, path: str, headers: Mapping[str, str]) -> Caller:
    """Return which trusted node signed a request, before its body is read; RequestUnsigned."""
    call = Call(method, f"{_own().address}{path}", headers)
    name = headers.get(NODE, "")
    by = known.trusted().get(name)
    if by is None:
        raise RequestUnsigned(why="not of a node that is trusted here")
    try:
        nonce = _verify(call, by, _covered(call))
    except _UNREADABLE as fault:
        known.ask_anew(name)  # it may have changed its keys, or its clock
        raise RequestUnsigned(why=_why(fault)) from None
    if not _SEEN.is_new(f"{name} {nonce}"):
        raise RequestUnsigned(why="it came before")
    return Caller(name, call)


def check_reply(reply: Reply, by: Document) -> None:
    """Make sure that an answer is a node's own to this request; RequestUnsigned.

    What came with it is still to be held against ``Content-Digest``.
    """
    try:
        _verify(reply, by, _covered_by(reply))
    except _UNREADABLE as fault:
        known.ask_anew(by.node)
        raise RequestUnsigned(why=_why(fault)) from None


def _why(fault: BaseException) -> str:
    text = str(fault) if isinstance(fault, InvalidSignature) else ""
    return "".join(one for one in text[:80] if one.isascii() and one.isprintable()) or "unreadable"


def sha256_of(field_value: str) -> bytes:
    """Return the digest that a Content-Digest of ours names; b"" for another form."""
    text = field_value.removeprefix("sha-256=:").removesuffix(":")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
