"""Reads, each with its number of statements."""

from tongban.identity.queries.erasure import check_erasures
from tongban.identity.queries.links import links_of
from tongban.identity.queries.mandates import check_mandate, mandate, mandates_of
from tongban.identity.queries.people import (
    find_person,
    masked_names,
    person_card,
    person_name,
    person_session,
)
from tongban.identity.queries.staff import post, staff_posts, staff_session

__all__ = [
    "check_erasures",
    "check_mandate",
    "find_person",
    "links_of",
    "mandate",
    "mandates_of",
    "masked_names",
    "person_card",
    "person_name",
    "person_session",
    "post",
    "staff_posts",
    "staff_session",
]
