"""The door of the work app: jobs, idempotency keys, statements of one shape, rows that move."""

from tongban.work import rows
from tongban.work.actions import (
    claim_key,
    enqueue,
    revive,
    run_due,
    settle_key,
    start_recurring,
)
from tongban.work.fixed import Read, Write, cell_of, change, select, together
from tongban.work.handlers import register, register_handlers
from tongban.work.queries import Backlog, DeadLetter, backlog, dead_keys, dead_letters

__all__ = [
    "Backlog",
    "DeadLetter",
    "Read",
    "Write",
    "backlog",
    "cell_of",
    "change",
    "claim_key",
    "dead_keys",
    "dead_letters",
    "enqueue",
    "register",
    "register_handlers",
    "revive",
    "rows",
    "run_due",
    "select",
    "settle_key",
    "start_recurring",
    "together",
]
