"""Reads about staff and posts."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from tongban.identity.errors import PostEnded, PostMissing, StaffMissing
from tongban.identity.models import Post, Staff, StaffSession
from tongban.identity.queries.days import today
from tongban.identity.queries.views import PostView
from tongban.identity.rules import Power
from tongban.kernel import clock

_FIELDS = (
    *("id", "staff_id", "staff__name", "staff__active", "place_id", "agency_id", "office_id"),
    *("title", "title_en", "powers", "starts_on", "ends_on"),
)


def _view(row: Mapping[str, Any], prefix: str = "") -> PostView:
    return PostView(
        id=row[f"{prefix}id"],
        staff_id=row[f"{prefix}staff_id"],
        staff_name=row[f"{prefix}staff__name"],
        place_id=row[f"{prefix}place_id"],
        agency_id=row[f"{prefix}agency_id"],
        office_id=row[f"{prefix}office_id"],
        title=row[f"{prefix}title"],
        title_en=row[f"{prefix}title_en"],
        powers=frozenset(Power(power) for power in row[f"{prefix}powers"]),
    )


def _held_on(row: Mapping[str, Any], on: date, prefix: str = "") -> bool:
    ends_on: date | None = row[f"{prefix}ends_on"]
    return (
        bool(row[f"{prefix}staff__active"])
        and row[f"{prefix}starts_on"] <= on
        and (ends_on is None or on <= ends_on)
    )


def post(post_id: str, on: date) -> PostView:
    """Return the post as held on that day; PostMissing, PostEnded. One statement."""
    row = Post.objects.filter(id=post_id).values(*_FIELDS).first()
    if row is None:
        raise PostMissing(post_id=post_id)
    if not _held_on(row, on):
        raise PostEnded(post_id=post_id)
    return _view(row)


def staff_posts(login: str, on: date | None = None) -> list[PostView]:
    """Return the posts that the staff member holds on the day (today), by id.

    StaffMissing if there is no such login or they have left. Two statements.
    """
    if not Staff.objects.filter(login=login, active=True).exists():
        raise StaffMissing
    return [_view(row) for row in _held(on or today()).filter(staff__login=login).values(*_FIELDS)]


def _held(on: date) -> QuerySet[Post]:
    return Post.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=on), staff__active=True, starts_on__lte=on
    ).order_by("id")


def token_digest(token: str) -> str:
    """Return what is kept of a token: SHA-256, for the token has 256 random bits itself."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def staff_session(token: str) -> PostView | None:
    """Return the post signed in on with this token, or None if it holds no longer.

    Expired, signed out, post ended, staff member gone: all None. One statement.
    """
    row = (
        StaffSession.objects.filter(
            token_digest=token_digest(token), revoked_at__isnull=True, expires_at__gt=clock.now()
        )
        .values(*(f"post__{name}" for name in _FIELDS))
        .first()
    )
    if row is None or not _held_on(row, today(), "post__"):
        return None
    return _view(row, "post__")
