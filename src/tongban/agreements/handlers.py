"""What this room does with jobs, and with other nodes' messages."""

from datetime import timedelta
from typing import Any

from tongban.agreements.actions.hearing import take_signed
from tongban.agreements.actions.signing import answered
from tongban.agreements.actions.waiting import await_signatures
from tongban.agreements.messages import SCHEMA, SIGNED
from tongban.federation import api as federation
from tongban.work import api as work

AWAIT_JOB = "agreements.await_signatures"
AWAIT_EVERY = timedelta(minutes=5)
"""Trusting a node does it at once; this is for what broke off between the two."""


def _await(_payload: dict[str, Any]) -> None:
    await_signatures()


def register_handlers() -> None:
    """Register them; called once by the site's wiring."""
    work.register(AWAIT_JOB, _await, every=AWAIT_EVERY)
    federation.register(SIGNED, take=take_signed, answered=answered, schema=SCHEMA)
