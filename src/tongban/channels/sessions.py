"""Sessions: who is logged in, how it starts and how it ends.

A person's session is a signed cookie (person id, epoch, assurance, moment of issue, the node whose
account they came with) that holds for eight hours; each request checks it against the person's
epoch, one statement, so that one ``bump_epoch`` signs the person out everywhere. One that came from
another node opens nothing once that node is trusted no more. A staff session is a row; its cookie
holds the random token only, so that revoking the row ends it at once.

Over HTTPS the cookies carry the ``__Host-`` prefix: a neighbouring subdomain can't plant one.
"""

from datetime import UTC, datetime, timedelta

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import rotate_token

from tongban.channels.errors import LoginUnavailable
from tongban.channels.visitor import NOBODY, Visitor, VisitorKind
from tongban.federation import api as federation
from tongban.identity import api as identity
from tongban.identity.errors import PersonMissing
from tongban.kernel.acting import Assurance, Channel
from tongban.kernel.clock import now

PERSON_COOKIE = "tongban_person"
STAFF_COOKIE = "tongban_staff"
PROVED_COOKIE = "tongban_proved"

PERSON_LIFE = timedelta(hours=8)
PROVED_LIFE = timedelta(minutes=10)
_CLOCK_SKEW = timedelta(minutes=2)

_SALT = "tongban.channels.sessions."
"""With the cookie's name behind it: one cookie never passes for the other."""


def cookie_name(request: HttpRequest, name: str) -> str:
    """Return the cookie's name on this connection, prefixed over HTTPS."""
    return f"__Host-{name}" if request.is_secure() else name


def has_session_cookie(request: HttpRequest) -> bool:
    """Tell whether the request claims to come from someone, rightly or not."""
    names = (PERSON_COOKIE, STAFF_COOKIE, PROVED_COOKIE)
    return any(cookie_name(request, name) in request.COOKIES for name in names)


def read_visitor(request: HttpRequest) -> Visitor:
    """Return who sent the request: no statement without a cookie, else one.

    A staff cookie goes before a person's; logging in as one ends the other, so that both are
    there only when somebody put them there.
    """
    token = request.COOKIES.get(cookie_name(request, STAFF_COOKIE), "")
    if token:
        post = identity.staff_session(token=token)
        return NOBODY if post is None else Visitor(kind=VisitorKind.STAFF, post=post)
    sealed = request.COOKIES.get(cookie_name(request, PERSON_COOKIE), "")
    return _read_person(sealed) if sealed else NOBODY


def _read_person(sealed: str) -> Visitor:
    try:
        # A cookie of before there were logins from other nodes has no home.
        person_id, epoch, assurance, issued_s, *home = signer(PERSON_COOKIE).unsign_object(sealed)
    except (BadSignature, ValueError, TypeError):
        return NOBODY
    if not is_fresh(issued_s, PERSON_LIFE):
        return NOBODY
    try:
        session = identity.person_session(person_id=person_id)
    except PersonMissing:
        return NOBODY
    if not session.active or session.epoch != epoch:
        return NOBODY
    came_from = str(home[0]) if home else ""
    # A login is never surer than the person is now, nor surer than it was itself.
    level = Assurance(min(assurance, session.assurance, _most(came_from)))
    if level < identity.ASSURANCE_ELSEWHERE and came_from:
        return NOBODY
    return Visitor(
        kind=VisitorKind.PERSON,
        person_id=person_id,
        assurance=level,
        home=came_from,
        since=datetime.fromtimestamp(issued_s, UTC),
    )


def _most(home: str) -> Assurance:
    """Return how sure a login may be: from a node that was retired, not at all. No statement."""
    if not home:
        return Assurance.HIGH
    return federation.believed(home) if home in federation.trusted() else Assurance.ANONYMOUS


def signer(cookie: str) -> Signer:
    """Return what signs this cookie and no other."""
    return Signer(salt=_SALT + cookie)


def is_fresh(issued_s: int, life: timedelta) -> bool:
    """Tell whether a cookie of that moment still holds."""
    age = now() - datetime.fromtimestamp(issued_s, UTC)
    return -_CLOCK_SKEW <= age < life


def open_person(
    request: HttpRequest,
    response: HttpResponseBase,
    *,
    person_id: str,
    assurance: Assurance,
    home: str = "",
) -> None:
    """Log a person in on ``response``, at ``assurance`` at most; ends a staff session here.

    ``home`` is the node that they come from with their account there, "" for this one's own.
    Raises LoginUnavailable for a person who is unknown or no longer active.
    """
    try:
        session = identity.person_session(person_id=person_id)
    except PersonMissing as error:
        raise LoginUnavailable from error
    if not session.active:
        raise LoginUnavailable
    _end_staff(request, response)
    drop_cookie(request, response, PROVED_COOKIE)
    level = min(int(assurance), int(session.assurance))
    sealed = signer(PERSON_COOKIE).sign_object([person_id, session.epoch, level, now_s(), home])
    set_cookie(request, response, PERSON_COOKIE, sealed, PERSON_LIFE)
    rotate_token(request)


def prove_staff(request: HttpRequest, response: HttpResponseBase, *, login: str) -> None:
    """Remember for ten minutes that ``login`` proved itself, until a post is chosen."""
    sealed = signer(PROVED_COOKIE).sign_object([login, now_s()])
    set_cookie(request, response, PROVED_COOKIE, sealed, PROVED_LIFE)


def proved_login(request: HttpRequest) -> str | None:
    """Return the login that proved itself in the last ten minutes, or None."""
    sealed = request.COOKIES.get(cookie_name(request, PROVED_COOKIE), "")
    try:
        login, issued_s = signer(PROVED_COOKIE).unsign_object(sealed)
    except (BadSignature, ValueError, TypeError):
        return None
    return str(login) if is_fresh(issued_s, PROVED_LIFE) else None


def open_staff(
    request: HttpRequest, response: HttpResponseBase, *, post_id: str, channel: Channel
) -> None:
    """Log a staff member in at a post; ends what session was here.

    The caller has made sure that the post belongs to the login that proved itself.
    """
    _end_staff(request, response)
    drop_cookie(request, response, PERSON_COOKIE)
    drop_cookie(request, response, PROVED_COOKIE)
    token = identity.open_staff_session(post_id=post_id, channel=channel)
    set_cookie(request, response, STAFF_COOKIE, token, None)
    rotate_token(request)


def close(request: HttpRequest, response: HttpResponseBase) -> None:
    """Log out here: the staff session's row is closed, all cookies go.

    A person's signed cookie that was copied elsewhere holds until its eight hours are over, or
    until ``close_everywhere``.
    """
    _end_staff(request, response)
    drop_cookie(request, response, PERSON_COOKIE)
    drop_cookie(request, response, PROVED_COOKIE)
    rotate_token(request)


def close_everywhere(request: HttpRequest, response: HttpResponseBase, visitor: Visitor) -> None:
    """Log out here, and for a person on every other device too."""
    if visitor.person_id is not None:
        identity.bump_epoch(person_id=visitor.person_id)
    close(request, response)


def _end_staff(request: HttpRequest, response: HttpResponseBase) -> None:
    token = request.COOKIES.get(cookie_name(request, STAFF_COOKIE), "")
    if token:
        identity.close_staff_session(token=token)
        drop_cookie(request, response, STAFF_COOKIE)


def now_s() -> int:
    """Return this moment as cookies have it."""
    return int(now().timestamp())


def set_cookie(
    request: HttpRequest, response: HttpResponseBase, name: str, value: str, life: timedelta | None
) -> None:
    """Give the browser a cookie that no script reads and no other site sends."""
    response.set_cookie(
        cookie_name(request, name),
        value,
        max_age=life,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )


def drop_cookie(request: HttpRequest, response: HttpResponseBase, name: str) -> None:
    """Take a cookie away, if it is there."""
    if cookie_name(request, name) in request.COOKIES:
        response.set_cookie(
            cookie_name(request, name),
            "",
            max_age=0,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )
