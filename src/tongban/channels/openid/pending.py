"""What a browser carries while its person is at their home node: two short cookies.

One is signed: which node, state, nonce, the secret of the code, where to go on. The other is what
the home node said, encrypted to this node and bound to that nonce; it comes when the state goes, so
that what was brought back once isn't taken a second time.
"""

import hmac
from dataclasses import dataclass
from datetime import timedelta

from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponseBase

from tongban.channels.errors import LoginLost
from tongban.channels.sessions import (
    cookie_name,
    drop_cookie,
    is_fresh,
    now_s,
    set_cookie,
    signer,
)
from tongban.federation import api as federation

BEGUN_COOKIE = "tongban_openid"
TOLD_COOKIE = "tongban_told"
LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A login that was begun in this browser, and where it goes on."""

    begun: federation.Begun
    onward: str


def keep(request: HttpRequest, response: HttpResponseBase, pending: Pending) -> None:
    """Let the browser carry a login that begins."""
    one = pending.begun
    held = [one.peer, one.state, one.nonce, one.verifier, pending.onward, now_s()]
    value = signer(BEGUN_COOKIE).sign_object(held)
    set_cookie(request, response, BEGUN_COOKIE, value, LIFE)
    drop_cookie(request, response, TOLD_COOKIE)


def brought_back(request: HttpRequest) -> Pending:
    """Return the login whose state the browser brings back; LoginLost."""
    found = _read(request)
    state = request.GET.get("state", "")
    if not found.begun.state or not hmac.compare_digest(found.begun.state.encode(), state.encode()):
        raise LoginLost
    return found


def keep_told(
    request: HttpRequest, response: HttpResponseBase, pending: Pending, token: str
) -> None:
    """Let the browser carry what the home node said, until its person has confirmed it."""
    done = federation.Begun(
        peer=pending.begun.peer, state="", nonce=pending.begun.nonce, verifier=""
    )
    keep(request, response, Pending(begun=done, onward=pending.onward))
    set_cookie(request, response, TOLD_COOKIE, token, LIFE)


def told(request: HttpRequest) -> tuple[Pending, str]:
    """Return the login that waits to be confirmed and what the home node said; LoginLost."""
    token = request.COOKIES.get(cookie_name(request, TOLD_COOKIE), "")
    found = _read(request)
    if not token or found.begun.state:
        raise LoginLost
    return found, token


def forget(request: HttpRequest, response: HttpResponseBase) -> None:
    """Take both cookies away."""
    drop_cookie(request, response, BEGUN_COOKIE)
    drop_cookie(request, response, TOLD_COOKIE)


def _read(request: HttpRequest) -> Pending:
    held = request.COOKIES.get(cookie_name(request, BEGUN_COOKIE), "")
    try:
        peer, state, nonce, verifier, onward, issued_s = signer(BEGUN_COOKIE).unsign_object(held)
    except (BadSignature, ValueError, TypeError):
        raise LoginLost from None
    if not is_fresh(issued_s, LIFE):
        raise LoginLost
    begun = federation.Begun(peer=peer, state=state, nonce=nonce, verifier=verifier)
    return Pending(begun=begun, onward=onward)
