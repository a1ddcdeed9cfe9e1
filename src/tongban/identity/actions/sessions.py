"""Staff sign-ins: kept on the server, so that they can be ended there."""

import secrets
from datetime import timedelta

from django.db import transaction

from tongban.identity.models import StaffSession
from tongban.identity.queries.days import today
from tongban.identity.queries.staff import post, token_digest
from tongban.kernel import clock
from tongban.kernel.acting import Channel

SESSION_LENGTH = timedelta(hours=10)
"""A working day; a sign-in isn't made longer by use."""

_KEPT = timedelta(days=30)
"""How long an ended sign-in stays on record."""


def open_staff_session(post_id: str, channel: Channel) -> str:
    """Sign in on a post held today; return the token, which is kept nowhere else.

    PostMissing, PostEnded.
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
    return token


def close_staff_session(token: str) -> None:
    """Sign out; a token that holds no longer is no error."""
    StaffSession.objects.filter(token_digest=token_digest(token), revoked_at__isnull=True).update(
        revoked_at=clock.now()
    )


def close_staff_sessions(staff_id: str) -> int:
    """Sign a staff member out everywhere; return from how many sign-ins."""
    return StaffSession.objects.filter(
        post__staff_id=staff_id, revoked_at__isnull=True, expires_at__gt=clock.now()
    ).update(revoked_at=clock.now())
