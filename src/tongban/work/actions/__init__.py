"""What the work app does, one function per verb."""

from tongban.work.actions.jobs import enqueue, revive, start_recurring
from tongban.work.actions.keys import claim_key, settle_key
from tongban.work.actions.run import run_due

__all__ = ["claim_key", "enqueue", "revive", "run_due", "settle_key", "start_recurring"]
