"""Staff sign-ins: kept on the server, so that they can be ended there."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet

from tongban.evidence import api as evidence
from tongban.identity.models import Post, StaffSession
from tongban.identity.queries.days import today
from tongban.identity.queries.staff import post, token_digest
from tongban.identity.rules import LoginFault
from tongban.kernel import clock
from tongban.kernel.acting import OPERATOR, Acting, ActorKind, Channel

SESSION_LENGTH = timedelta(hours=10)
"""A working day; a sign-in isn't made longer by use."""

_KEPT = timedelta(days=30)
"""How long an ended sign-in stays on record."""


def open_staff_session(post_id: str, channel: Channel) -> str:
    """Sign in on a post held today; return the token, which is kept nowhere else.

    No sign-in without its evidence entry. PostMissing, PostEnded.
    """
    held = post(post_id, today())
    token = secrets.token_urlsafe(32)
    now = clock.now()
    with transaction.atomic():
        StaffSession.objects.filter(post_id=held.id, expires_at__lt=now - _KEPT).delete()
        StaffSession.objects.create(
            token_digest=token_digest(token),
            post_id=held.id,
            channel=channel.value,
            created_at=now,
            expires_at=now + SESSION_LENGTH,
        )
        _record(
            "staff.logged_in",
            place_id=held.place_id,
            post_id=held.id,
            acting=_as_staff(held.staff_id, held.id, channel),
        )
    return token


def close_staff_session(token: str) -> None:
    """Sign out; a token that holds no longer is no error, and no second entry."""
    with transaction.atomic():
        for one in _close(StaffSession.objects.filter(token_digest=token_digest(token))):
            staff = _as_staff(one.post.staff_id, one.post_id, Channel(one.channel))
            _record_out(one, staff)


def close_staff_sessions(staff_id: str, *, acting: Acting = OPERATOR) -> int:
    """Sign a staff member out everywhere; return from how many sign-ins."""
    with transaction.atomic():
        closed = _close(
            StaffSession.objects.filter(post__staff_id=staff_id, expires_at__gt=clock.now())
        )
        for one in closed:
            _record_out(one, acting)
    return len(closed)


def refuse_staff_login(*, login: str, channel: Channel, fault: LoginFault) -> None:
    """Leave evidence that this staff member was not let in.

    Of a login that is nobody's, or of one who never had a post, there is nothing to record: no
    actor is known, or no place that it would concern.
    """
    last = Post.objects.filter(staff__login=login).order_by("-starts_on", "-id").first()
    if last is None:
        return
    with transaction.atomic():
        evidence.record(
            kind="staff.login_refused",
            at=clock.now(),
            place_id=last.place_id,
            acting=_as_staff(last.staff_id, None, channel),
            subject=("staff", last.staff_id),
            facts={"fault": fault.value},
            key=None,
        )


def _as_staff(staff_id: str, post_id: str | None, channel: Channel) -> Acting:
    return Acting(actor_kind=ActorKind.STAFF, actor_id=staff_id, post_id=post_id, channel=channel)


def _close(sessions: QuerySet[StaffSession]) -> list[StaffSession]:
    """End those that still stand, and return them."""
    # Of the sessions alone: PostgreSQL locks no row of a joined table that others must read.
    standing = sessions.filter(revoked_at__isnull=True).select_related("post")
    found = list(standing.select_for_update(of=("self",)).order_by("token_digest"))
    ended = [one.token_digest for one in found]
    StaffSession.objects.filter(token_digest__in=ended).update(revoked_at=clock.now())
    return found


def _record_out(one: StaffSession, acting: Acting) -> None:
    _record("staff.logged_out", place_id=one.post.place_id, post_id=one.post_id, acting=acting)


def _record(kind: str, *, place_id: str, post_id: str, acting: Acting) -> None:
    evidence.record(
        kind=kind,
        at=clock.now(),
        place_id=place_id,
        acting=acting,
        subject=("post", post_id),
        key=None,
    )
