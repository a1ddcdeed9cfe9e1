"""The relying party: a person is sent to their home node, and comes back known.

What is kept in between, the browser carries in a signed cookie: see ``channels.openid``.
"""

import json
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings

from tongban.federation import calls, known
from tongban.federation.document import Document
from tongban.federation.errors import (
    HomeAway,
    HomeNotBelieved,
    LoginDenied,
    LoginUnsure,
    NoDocument,
)
from tongban.federation.openid import tokens
from tongban.federation.openid.profile import (
    ASSERTION_TYPE,
    AUTHORIZE,
    CALLBACK,
    LEVEL_OF,
    SCOPE,
    TOKEN,
    believed,
)
from tongban.federation.openid.providing import Fields
from tongban.federation.signing import UNREADABLE
from tongban.identity.api import (
    ASSURANCE_ELSEWHERE,
    HomeStatement,
    NumberKind,
    code_challenge,
)

_MOST_ANSWER = 16 * 1024
_TEXTS = ("sub", "name", "number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A login that a browser has begun here. ``url`` is where it goes."""

    peer: str
    state: str
    nonce: str
    verifier: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A node at which people may log in to be known here, and the places that it hosts."""

    node: str
    places: tuple[str, ...]


def login_homes() -> list[Home]:
    """Return the nodes whose logins are believed here; none where this node is alone."""
    if known.own() is None:
        return []
    return [
        Home(node=name, places=one.places)
        for name, one in known.trusted().items()
        if believed(name) >= ASSURANCE_ELSEWHERE
    ]


def begin_login(peer: str) -> Begun:
    """Begin a login at a peer; PeerUnknown, HomeNotBelieved, NoDocument."""
    own, home = _own(), _home(peer)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    query = {
        "response_type": "code",
        "client_id": own.node,
        "redirect_uri": own.address + CALLBACK,
        "scope": SCOPE,
        "state": state,
        "nonce": nonce,
        "code_challenge": code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    url = f"{home.address}{AUTHORIZE}?{urlencode(query)}"
    return Begun(peer=peer, state=state, nonce=nonce, verifier=verifier, url=url)


def finish_login(begun: Begun, query: Fields) -> str:
    """Return the ID token, still encrypted, for what a browser brought back; asks the home node.

    The caller has made sure that the state is this browser's. LoginDenied, HomeAway; LoginUnsure
    for what isn't surely that home's answer to this login.
    """
    own, home = _own(), _home(begun.peer)
    if list(query.get("state", [])) != [begun.state]:
        raise LoginUnsure(why="another state")
    if list(query.get("iss", [])) != [home.address]:
        raise LoginUnsure(why="another iss")
    if "error" in query:
        if list(query["error"]) == ["access_denied"]:
            raise LoginDenied
        raise LoginUnsure(why="the other node did not accept the request")
    code = query.get("code", [])
    if len(code) != 1:
        raise LoginUnsure(why="no code")
    form = {
        "grant_type": "authorization_code",
        "code": code[0],
        "redirect_uri": own.address + CALLBACK,
        "code_verifier": begun.verifier,
        "client_id": own.node,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": _assertion(own, home),
    }
    return _id_token(home, form)


def _assertion(own: Document, home: Document) -> str:
    claims = {
        "iss": own.node,
        "sub": own.node,
        "aud": home.address,
        "jti": secrets.token_urlsafe(32),
    }
    return tokens.signed(claims, typ=tokens.ASSERTION)


def _id_token(home: Document, form: dict[str, str]) -> str:
    try:
        said = json.loads(calls.post_form(home.address + TOKEN, form, most=_MOST_ANSWER))
        token = said["id_token"]
        if not isinstance(token, str) or said["token_type"] != "Bearer":  # noqa: S105 - a type
            raise TypeError(type(token))
    except calls.CallFailed as failed:
        if str(failed).startswith("HTTP 4"):
            raise LoginUnsure(why=f"the other node answered {failed}") from None
        raise HomeAway from None
    except UNREADABLE as fault:
        raise LoginUnsure(why=f"not readable ({type(fault).__name__})") from None
    return token


def read_id_token(begun: Begun, token: str) -> HomeStatement:
    """Return what the home node of this login says of the person; LoginUnsure, PeerUnknown."""
    home = _home(begun.peer)
    claims = tokens.verified(
        tokens.opened(token),
        home,
        typ=tokens.ID_TOKEN,
        needed={"iss": home.address, "aud": settings.NODE, "nonce": begun.nonce},
    )
    try:
        if not all(isinstance(claims[name], str) and claims[name] for name in _TEXTS):
            raise TypeError(_TEXTS)
        return HomeStatement(
            subject=claims["sub"],
            name=claims["name"],
            number_kind=NumberKind(claims["number_kind"]),
            number=claims["number"],
            assurance=LEVEL_OF[claims["acr"]],
            logged_in_at=tokens.moment_of(claims["auth_time"]),
        )
    except UNREADABLE as fault:
        raise LoginUnsure(why=f"not readable ({type(fault).__name__})") from None


def _home(peer: str) -> Document:
    found = known.peer(peer)
    if believed(peer) < ASSURANCE_ELSEWHERE:
        raise HomeNotBelieved
    return found


def _own() -> Document:
    own = known.own()
    if own is None:
        raise NoDocument
    return own
