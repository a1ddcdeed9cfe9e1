"""The door of identity: people, staff and posts, sign-ins, mandates.

Nothing here asks whether the caller may look a person up or show what comes back; the app or
channel that shows personal data records the look.
"""

from tongban.identity.actions import (
    bump_epoch,
    close_staff_session,
    close_staff_sessions,
    grant_mandate,
    open_staff_session,
    put_posts,
    put_staff,
    raise_assurance,
    refuse_staff_login,
    register_person,
    withdraw_mandate,
)
from tongban.identity.actions.rows import PostRow, StaffRow
from tongban.identity.queries import (
    check_mandate,
    find_person,
    mandate,
    mandates_of,
    masked_names,
    person_card,
    person_name,
    person_session,
    post,
    staff_posts,
    staff_session,
)
from tongban.identity.queries.views import (
    MandateView,
    PersonCard,
    PersonRef,
    PersonSession,
    PostView,
)
from tongban.identity.rules import Ground, LoginFault, NumberKind, Power, Scope, ScopeKind

__all__ = [
    "Ground",
    "LoginFault",
    "MandateView",
    "NumberKind",
    "PersonCard",
    "PersonRef",
    "PersonSession",
    "PostRow",
    "PostView",
    "Power",
    "Scope",
    "ScopeKind",
    "StaffRow",
    "bump_epoch",
    "check_mandate",
    "close_staff_session",
    "close_staff_sessions",
    "find_person",
    "grant_mandate",
    "mandate",
    "mandates_of",
    "masked_names",
    "open_staff_session",
    "person_card",
    "person_name",
    "person_session",
    "post",
    "put_posts",
    "put_staff",
    "raise_assurance",
    "refuse_staff_login",
    "register_person",
    "staff_posts",
    "staff_session",
    "withdraw_mandate",
]
