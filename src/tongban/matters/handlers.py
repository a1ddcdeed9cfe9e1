"""What this room does with jobs, and with other nodes' messages."""

from datetime import timedelta
from typing import Any

from tongban.federation import api as federation
from tongban.matters.actions.mirroring import take_published
from tongban.matters.actions.telling import answered, tell_peers
from tongban.matters.messages import PUBLISHED, SCHEMA
from tongban.work import api as work

TELL_JOB = "matters.tell_peers"
TELL_EVERY = timedelta(minutes=5)
"""A node that was trusted is told at once; this is for what broke off between the two."""


def _tell(_payload: dict[str, Any]) -> None:
    tell_peers()


def register_handlers() -> None:
    """Register them; called once by the site's wiring."""
    work.register(TELL_JOB, _tell, every=TELL_EVERY)
    federation.register(PUBLISHED, take=take_published, answered=answered, schema=SCHEMA)
