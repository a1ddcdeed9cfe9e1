"""Who hosts what, and what is remembered of it, when an installation is split into two.

``HOME/node/parted/NAME`` remembers with whom this node once was one: ids that either made before
stand on both.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction

from tongban.evidence import api as evidence
from tongban.federation import known
from tongban.federation.actions import trusting
from tongban.federation.document import Document
from tongban.federation.errors import NoDocument, SplitUnfit
from tongban.federation.models import OutMessage
from tongban.federation.rules import narrowest
from tongban.kernel import clock
from tongban.kernel.acting import OPERATOR
from tongban.kernel.ids import node_of

ENTRY = "node.split"


def leaves(document: Document, place_id: str) -> bool:
    """Tell whether a place goes to the node of a document once that is trusted; no statement."""
    claims = {place: name for place, name in known.claims().items() if name != document.node}
    others = {place: name for place, name in claims.items() if place not in document.places}
    claims = others | dict.fromkeys(document.places, document.node)
    return narrowest(known.path_up(place_id), claims) == document.node


def examine(text: str) -> Document:
    """Return the document of a node to be split off; DocumentUnfit, NoDocument, SplitUnfit.

    A place that this node's own document names it takes over; one of a third node it can't.
    """
    own = known.own()
    if own is None:
        raise NoDocument
    found = trusting.examine(text, besides=own.node)[0]
    rest = [place for place in own.places if place not in found.places]
    if not rest:
        raise SplitUnfit(why="nothing would stay: the other node hosts all that this one does")
    if not all(_is_ours(place, own.node, found.node) for place in found.places):
        raise SplitUnfit(why=f"{found.node} hosts places that this node does not")
    return found


def _is_ours(place_id: str, own: str, other: str) -> bool:
    return narrowest(known.path_up(place_id), known.claims()) in {own, other}


def part_with(document: Document) -> None:
    """State that this node hosts the other's places no more, and trust it; again is harmless."""
    own = known.own()
    if own is None:
        raise NoDocument
    rest = [place for place in own.places if place not in document.places]
    if list(own.places) != rest:
        trusting.announce(address=own.address, hosted=rest)
    trusting.trust(document.text)


def note_parted(name: str) -> None:
    """Remember that this node and that one were one."""
    known.write(known.folder() / "parted" / name, known.peer(name).text)


def may_name(sender: str, identifier: str) -> bool:
    """Tell whether a node may tell of something by this id: its own, or of when both were one."""
    maker = node_of(identifier)
    return maker == sender or (maker == settings.NODE and sender in known.parted())


def waiting() -> int:
    """Return how many messages have no answer yet. One statement."""
    return OutMessage.objects.filter(answered_at=None).count()


def record(*, about: Document, facts: Mapping[str, Any]) -> None:
    """Leave the entry of a split, in the caller's transaction."""
    with transaction.atomic():
        evidence.record(
            kind=ENTRY,
            at=clock.now(),
            place_id=about.places[0] if about.places else "",
            acting=OPERATOR,
            subject=("node", about.node),
            facts={"node": about.node, **facts},
            key=None,
        )
