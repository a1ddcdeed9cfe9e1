"""The provider: what a peer asks of a person's browser, and what it gets for their code.

Nothing is answered to an address that isn't in a trusted document, and no error tells there what
only the person should read.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from tongban.federation import known
from tongban.federation.document import Document
from tongban.federation.errors import LoginUnsure, NoDocument, RedirectRefused
from tongban.federation.openid import tokens
from tongban.federation.openid.profile import ACR, ASSERTION_TYPE, CALLBACK, SCOPE, TOKEN_LIFE
from tongban.identity import api as identity
from tongban.identity.api import HomeStatement
from tongban.identity.errors import AssertionReused, LoginCodeRefused
from tongban.kernel.acting import Acting
from tongban.kernel.errors import Refusal

Fields = Mapping[str, Sequence[str]]
"""A form or a query, each field with all its values: one that comes twice is no field."""

_SECRET = re.compile(r"[A-Za-z0-9_-]{22,128}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What a peer asks: to be told who the person is, for a login there."""

    peer: str
    redirect_uri: str
    state: str
    nonce: str
    challenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBack:
    """A request that is not granted: the browser goes back to the peer, which is told why."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAnswer:
    """An answer of the token endpoint: a status and JSON."""

    status: int
    body: dict[str, Any]


def read_login_request(query: Fields) -> Asking | SentBack:
    """Read an authorization request; PeerUnknown, RedirectRefused where nobody can be answered."""
    own = _own()
    peer = known.peer(_only(query, "client_id") or "")
    redirect_uri = _only(query, "redirect_uri")
    if redirect_uri != peer.address + CALLBACK:
        raise RedirectRefused
    state = _only(query, "state") or ""
    error = _fault(query, state)
    if error:
        return SentBack(url=_back(own, redirect_uri, state, error=error))
    return Asking(
        peer=peer.node,
        redirect_uri=redirect_uri,
        state=state,
        nonce=_only(query, "nonce") or "",
        challenge=_only(query, "code_challenge") or "",
    )


def _fault(query: Fields, state: str) -> str:
    """Return the error of RFC 6749, 4.1.2.1 or OpenID Connect Core, 3.1.2.6, "" for none."""
    if "request" in query:
        return "request_not_supported"
    if "request_uri" in query:
        return "request_uri_not_supported"
    if _only(query, "response_type") != "code":
        return "unsupported_response_type"
    if set((_only(query, "scope") or "").split()) != set(SCOPE.split()):
        return "invalid_scope"
    if "none" in (_only(query, "prompt") or "").split():
        return "interaction_required"  # nobody is told of without being asked
    proper = (
        _SECRET.fullmatch(state)
        and _SECRET.fullmatch(_only(query, "nonce") or "")
        and _only(query, "code_challenge_method") == "S256"
        and _CHALLENGE.fullmatch(_only(query, "code_challenge") or "")
        and query.get("response_mode", ["query"]) == ["query"]
    )
    return "" if proper else "invalid_request"


def allow_login(*, acting: Acting, asking: Asking, logged_in_at: datetime) -> str:
    """Let the peer know who the actor is, as they agreed; return where their browser goes."""
    code = identity.allow_login(
        acting=acting,
        peer=asking.peer,
        redirect_uri=asking.redirect_uri,
        challenge=asking.challenge,
        nonce=asking.nonce,
        logged_in_at=logged_in_at,
    )
    return _back(_own(), asking.redirect_uri, asking.state, code=code)


def deny_login(asking: Asking) -> str:
    """Return where the browser of somebody who doesn't agree goes."""
    return _back(_own(), asking.redirect_uri, asking.state, error="access_denied")


def answer_token(form: Fields) -> TokenAnswer:
    """Answer a token request (RFC 6749, 5): an ID token for a code, or an error."""
    try:
        peer, assertion_id = _client(form)
    except Refusal as refusal:
        return _error("invalid_client", refusal, status=401)
    if _only(form, "grant_type") != "authorization_code":
        return TokenAnswer(status=400, body={"error": "unsupported_grant_type"})
    code, verifier = _only(form, "code") or "", _only(form, "code_verifier") or ""
    if not code or _VERIFIER.fullmatch(verifier) is None:
        return TokenAnswer(status=400, body={"error": "invalid_request"})
    try:
        told, nonce = identity.redeem_login(
            peer=peer.node,
            code=code,
            redirect_uri=_only(form, "redirect_uri") or "",
            verifier=verifier,
            assertion_id=assertion_id,
        )
    except LoginCodeRefused as refusal:
        return _error("invalid_grant", refusal)
    except AssertionReused as refusal:
        return _error("invalid_client", refusal, status=401)
    return TokenAnswer(status=200, body=_tokens(peer, told, nonce))


def _client(form: Fields) -> tuple[Document, str]:
    """Return the peer that asks and the id of its proof (RFC 7523, 3); PeerUnknown, LoginUnsure.

    The audience is this node's address alone: a proof made for one server is none for another.
    """
    own, peer = _own(), known.peer(_only(form, "client_id") or "")
    if _only(form, "client_assertion_type") != ASSERTION_TYPE:
        raise LoginUnsure(why="no assertion")
    claims = tokens.verified(
        _only(form, "client_assertion") or "",
        peer,
        typ=tokens.ASSERTION,
        needed={"iss": peer.node, "sub": peer.node, "aud": own.address},
    )
    assertion_id = claims.get("jti")
    if not isinstance(assertion_id, str) or _SECRET.fullmatch(assertion_id) is None:
        raise LoginUnsure(why="no id")
    return peer, assertion_id


def _tokens(peer: Document, told: HomeStatement, nonce: str) -> dict[str, Any]:
    """Return the token response. Its access token opens nothing: there is nothing more to tell.

    No telephone is told: nobody verifies one here.
    """
    claims = {
        "iss": _own().address,
        "sub": told.subject,
        "aud": peer.node,
        "nonce": nonce,
        "auth_time": int(told.logged_in_at.timestamp()),
        "acr": ACR[told.assurance],
        "name": told.name,
        "number_kind": told.number_kind.value,
        "number": told.number,
    }
    return {
        "access_token": secrets.token_urlsafe(32),
        "token_type": "Bearer",
        "expires_in": TOKEN_LIFE.seconds,
        "scope": SCOPE,
        "id_token": tokens.sealed(tokens.signed(claims, typ=tokens.ID_TOKEN), peer),
    }


def _error(error: str, refusal: Refusal, *, status: int = 400) -> TokenAnswer:
    """Answer an error; the description is for the other node's log, in ASCII."""
    why = str(refusal.fields.get("why", ""))
    described = f"{refusal.code}: {why}" if why else refusal.code
    return TokenAnswer(status=status, body={"error": error, "error_description": described})


def _back(own: Document, redirect_uri: str, state: str, **answer: str) -> str:
    """Return an authorization response; it names this node (RFC 9207) against mix-up."""
    kept = {"state": state} if state else {}
    return f"{redirect_uri}?{urlencode({**answer, **kept, 'iss': own.address})}"


def _only(fields: Fields, name: str) -> str | None:
    """Return the one value of a field; None where it is missing or comes twice."""
    values = fields.get(name, [])
    return values[0] if len(values) == 1 else None


def _own() -> Document:
    own = known.own()
    if own is None:
        raise NoDocument
    return own
