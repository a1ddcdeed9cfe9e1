"""Ties the rooms together: which function does which job, who offers demo people.

Nothing else knows all rooms. A lower app tells an upper one only by a named job, and here stands
who takes it.
"""

from datetime import timedelta

from tongban.agreements import handlers as agreements
from tongban.cases import api as cases
from tongban.channels.entry import demo as demo_login
from tongban.documents import handlers as documents
from tongban.federation import api as federation
from tongban.matters import handlers as matters
from tongban.site import demo
from tongban.work import api as work


def wire() -> None:
    """Register the handlers of every room; called once by each process, web and worker alike."""
    work.register_handlers()
    work.register(documents.SWEEP_ORPHANS, documents.sweep_orphans, every=timedelta(days=1))
    federation.register_handlers()
    matters.register_handlers()
    agreements.register_handlers()
    cases.register_handlers()
    demo_login.register(demo.people)
