"""What two nodes say to each other outside of any lane, at an operator's word: a memo 便函.

Signed like a message, and encrypted where it is for the other's eyes; it is answered, or not, at
once. What it says takes effect only by the command that reads it.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from tongban.federation import known
from tongban.federation.document import Document
from tongban.federation.envelope import claimed, decrypt, encrypt, sign, verify
from tongban.federation.errors import EnvelopeUnfit, NoDocument
from tongban.federation.rules import SKEW
from tongban.kernel import clock
from tongban.kernel.wire import plain


def signed(said: Mapping[str, Any], *, to: Document) -> str:
    """Return what this node says to another, signed; anybody may read it."""
    return sign({**said, "time": plain(clock.now()), "source": settings.NODE, "recipient": to.node})


def said(text: str, *, fresh: bool = False) -> tuple[dict[str, Any], Document]:
    """Return what a trusted node has signed for this one; EnvelopeUnfit, PeerUnknown.

    ``fresh``: within the last ten minutes, so that nobody says it again for them.
    """
    sender = known.peer(claimed(text.strip(), "source"))
    value, at = verify(text.strip(), sender)
    if value.get("recipient") != settings.NODE:
        raise EnvelopeUnfit(why="addressed to another node")
    if fresh and clock.now() - at > SKEW:
        raise EnvelopeUnfit(why="signed too long ago")
    return value, sender


def own_word(text: str) -> dict[str, Any]:
    """Return what this node has signed itself; EnvelopeUnfit where it hasn't."""
    me = known.own()
    if me is None:
        raise NoDocument
    return verify(text.strip(), me)[0]


def sealed(what: Mapping[str, Any], *, to: Document) -> str:
    """Return what only the other node opens: signed, then encrypted."""
    return encrypt(signed(what, to=to), to)


def opened(line: str, *, fresh: bool = False) -> tuple[dict[str, Any], Document]:
    """Return what a sealed memo to this node says, and who said it; EnvelopeUnfit, PeerUnknown."""
    return said(decrypt(line.strip()), fresh=fresh)
