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
from tongban.work import api as work

_FIELDS = (
    *("id", "staff_id", "staff__name", "staff__active", "place_id", "agency_id", "office_id"),
    *("title", "title_en", "powers", "starts_on", "ends_on"),
)
_POST = work.Read(Post, 1, lambda post_id: Post.objects.filter(id=post_id).values_list(*_FIELDS))
_SESSION = work.Read(
    StaffSession,
    1,
    lambda digest: StaffSession.objects.filter(
        token_digest=digest, revoked_at__isnull=True
    ).values_list(*(f"post__{name}" for name in _FIELDS), "expires_at"),
)


def _view(row: Mapping[str, Any]) -> PostView:
    return PostView(
        id=row["id"],
        staff_id=row["staff_id"],
        staff_name=row["staff__name"],
        place_id=row["place_id"],
        agency_id=row["agency_id"],
        office_id=row["office_id"],
        title=row["title"],
        title_en=row["title_en"],
        powers=frozenset(Power(power) for power in row["powers"]),
    )


def _held_on(row: Mapping[str, Any], on: date) -> bool:
    ends_on: date | None = row["ends_on"]
    return (
        bool(row["staff__active"]) and row["starts_on"] <= on and (ends_on is None or on <= ends_on)
    )


def post(post_id: str, on: date) -> PostView:
    """Return the post as held on that day; PostMissing, PostEnded. One statement."""
    found = _POST.row(post_id)
    if found is None:
        raise PostMissing(post_id=post_id)
    row = dict(zip(_FIELDS, found, strict=True))
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
    found = _SESSION.row(token_digest(token))
    if found is None:
        return None
    *held, expires_at = found
    row = dict(zip(_FIELDS, held, strict=True))
    return _view(row) if expires_at > clock.now() and _held_on(row, today()) else None
