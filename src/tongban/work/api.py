"""The door of the work app: jobs, idempotency keys, statements compiled once, rows that move."""

from tongban.work import rows
from tongban.work.actions import (
    claim_key,
    enqueue,
    revive,
    run_due,
    settle_key,
    start_recurring,
)
from tongban.work.fixed import Read, Write
from tongban.work.handlers import register, register_handlers
from tongban.work.queries import Backlog, DeadLetter, backlog, dead_keys, dead_letters

__all__ = [
    "Backlog",
    "DeadLetter",
    "Read",
    "Write",
    "backlog",
    "claim_key",
    "dead_keys",
    "dead_letters",
    "enqueue",
    "register",
    "register_handlers",
    "revive",
    "rows",
    "run_due",
    "settle_key",
    "start_recurring",
]
