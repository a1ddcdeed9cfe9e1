"""A trusted node's later document, asked for every ten minutes.

So changed keys are known in time, and so is that the node is there at all.

And after a minute at most where something came that was signed by a key that isn't known.

It is taken by itself only where a trusted key signed it and the places are the same: who hosts what
is for operators to agree on. What can't be taken is told, and the one that is trusted stays.
"""

from datetime import datetime, timedelta

import structlog

from tongban.federation import known
from tongban.federation.actions.trusting import examine, trust
from tongban.federation.calls import CallFailed, get
from tongban.federation.document import MOST
from tongban.kernel import clock
from tongban.kernel.errors import Refusal

EVERY = timedelta(minutes=10)
SOON = timedelta(minutes=1)
_log = structlog.get_logger("tongban.federation")


class Refreshing:
    """When a node is asked for its document: every ten minutes, sooner if its keys seem changed."""

    def __init__(self, name: str) -> None:
        """Ask this node, the first time at once."""
        self._name = name
        self._asked: datetime | None = None

    def turn(self) -> None:
        """Ask it if that is due."""
        since = None if self._asked is None else clock.now() - self._asked
        soon = (since is None or since >= SOON) and known.is_to_be_asked(self._name)
        if since is None or since >= EVERY or soon:
            self._asked = clock.now()
            refresh(self._name)


def refresh(name: str) -> bool:
    """Take a node's document as it states it now; tell whether it was asked and nothing is odd."""
    before = known.peer(name)
    try:
        text = get(f"{before.address}/node/document", most=MOST).decode("ascii")
        found, _ = examine(text)
        if found.node != name or found.places != before.places:
            _log.warning("peer_document_differs", peer=name)
            return False
        trust(text)
    except (CallFailed, UnicodeDecodeError) as failed:
        _log.info("peer_document_not_asked", peer=name, trouble=str(failed))
        return False
    except Refusal as refusal:
        _log.warning("peer_document_unfit", peer=name, why=refusal.fields.get("why", ""))
        return False
    known.note_checked(name)
    return True
