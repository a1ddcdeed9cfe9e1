"""Verbs, each in one transaction."""

from tongban.identity.actions.codes import allow_login, redeem_login
from tongban.identity.actions.erasure import Replayed, erase_person, replay_erasures
from tongban.identity.actions.links import enter_by_link, link_home, unlink_home
from tongban.identity.actions.locks import lock_active, lock_person
from tongban.identity.actions.mandates import grant_mandate, withdraw_mandate
from tongban.identity.actions.people import bump_epoch, raise_assurance, register_person
from tongban.identity.actions.posts import put_posts, put_staff
from tongban.identity.actions.sessions import (
    close_staff_session,
    close_staff_sessions,
    open_staff_session,
    refuse_staff_login,
)

__all__ = [
    "Replayed",
    "allow_login",
    "bump_epoch",
    "close_staff_session",
    "close_staff_sessions",
    "enter_by_link",
    "erase_person",
    "grant_mandate",
    "link_home",
    "lock_active",
    "lock_person",
    "open_staff_session",
    "put_posts",
    "put_staff",
    "raise_assurance",
    "redeem_login",
    "refuse_staff_login",
    "register_person",
    "replay_erasures",
    "unlink_home",
    "withdraw_mandate",
]
