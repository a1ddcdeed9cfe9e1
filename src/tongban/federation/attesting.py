"""What a node signs besides its messages: kept in clear on both sides, to be shown later."""

from datetime import datetime
from typing import Any

from django.conf import settings

from tongban.federation import known
from tongban.federation.envelope import sign, verify
from tongban.federation.errors import EnvelopeUnfit, NoDocument
from tongban.kernel.wire import plain


def attest(said: dict[str, Any], *, at: datetime) -> str:
    """Return a statement of this node, signed as its messages are, with its name and the moment.

    NoDocument.
    """
    if known.own() is None:
        raise NoDocument
    return sign({**said, "by": settings.NODE, "time": plain(at)})


def attested(text: str, *, by: str) -> dict[str, Any]:
    """Return what a trusted node signed; PeerUnknown, EnvelopeUnfit, SenderUnsure."""
    said, _ = verify(text, known.peer(by))
    if said.get("by") != by:
        raise EnvelopeUnfit(why="signed for another node")
    return said
