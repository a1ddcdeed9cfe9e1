"""The operator's verbs: state who this node is, trust another, trust it no more, change keys."""

from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.db import transaction

from tongban.evidence import api as evidence
from tongban.federation import keys, known
from tongban.federation.document import Document, parse, statement
from tongban.federation.errors import DocumentUnfit, NoDocument, PeerUnknown
from tongban.federation.rules import SKEW
from tongban.federation.shapes import REGISTRY
from tongban.federation.signing import sign
from tongban.kernel import clock
from tongban.kernel.acting import OPERATOR
from tongban.kernel.wire import plain
from tongban.places import api as places


def announce(*, address: str, hosted: list[str]) -> Document:
    """State, or state anew, what this node hosts and where it answers; the first makes its keys.

    DocumentUnfit, PlaceMissing; and where a peer states that it hosts one of these places itself.
    """
    before = known.own()
    for place_id in hosted:
        places.place(place_id)
    _check_claims(settings.NODE, tuple(hosted))
    held = keys.read() if before is not None else []
    if not held:
        held = [_new("sig"), _new("enc")]
    return _state(before, address=address, hosted=hosted, held=held, signer=_signer(before, held))


def rotate() -> Document:
    """Change both keys: the old one signs the document that names the new ones. NoDocument.

    What was signed with the old one stays good; it signs nothing that is dated later.
    """
    before = known.own()
    if before is None:
        raise NoDocument
    now, named = plain(clock.now()), {key.kid for key in before.keys}
    # What it doesn't name was made by a change that broke off: nobody has heard of it.
    old = [{**jwk, "until": jwk.get("until") or now} for jwk in keys.read() if jwk["kid"] in named]
    return _state(
        before,
        address=before.address,
        hosted=list(before.places),
        held=[_new("sig"), _new("enc"), *old],
        signer=_signer(before, old),
    )


def _new(use: keys.Use) -> dict[str, Any]:
    return {**keys.generate(use), "since": plain(clock.now()), "until": None}


def _signer(before: Document | None, held: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the key that others know: the newest that the document before names."""
    own = [jwk for jwk in held if jwk["use"] == "sig"]
    now = clock.now()
    known_ones = (
        jwk for jwk in own if before is not None and before.key(jwk["kid"], "sig", now) is not None
    )
    return next(known_ones, own[0])


def _state(
    before: Document | None,
    *,
    address: str,
    hosted: list[str],
    held: list[dict[str, Any]],
    signer: dict[str, Any],
) -> Document:
    """Make the document, and only then write anything.

    Keys first: no key is used before the document names it, so breaking off between the two
    changes nothing.
    """
    said = statement(
        node=settings.NODE,
        serial=1 if before is None else before.serial + 1,
        address=address.rstrip("/"),
        places=hosted,
        own=[keys.public(jwk) for jwk in held],
        version=version("tongban"),
        takes=REGISTRY.types(),
        at=clock.now(),
    )
    made = parse(sign(said, signer))
    _record("node.stated", made)
    keys.write(held)
    known.write(known.folder() / "document", made.text)
    return made


def examine(text: str, *, besides: str = "") -> tuple[Document, Document | None]:
    """Return a node's document that could be trusted, and the one that is now; DocumentUnfit.

    ``besides`` is a node whose claims may be the same: it will give them up.
    """
    before = known.trusted().get(_named(text))
    found = parse(text, signed_by=before)
    if found.node == settings.NODE:
        raise DocumentUnfit(why="it has the name of this node")
    if found.node in known.retired() and before is None:
        raise DocumentUnfit(why=f"{found.node} was retired; remove it from HOME/node/retired first")
    if found.at > clock.now() + SKEW:
        raise DocumentUnfit(why="dated in the future: compare the clocks")
    _check_claims(found.node, found.places, besides=besides)
    return found, before


def _named(text: str) -> str:
    return parse(text).node


def _check_claims(node: str, hosted: tuple[str, ...], *, besides: str = "") -> None:
    """Refuse a place that another node states to host: an inner one may be, the same may not."""
    own = {node, besides}
    others = {place: name for place, name in known.claims().items() if name not in own}
    for place in hosted:
        if place in others:
            raise DocumentUnfit(why=f"{others[place]} states that it hosts {place}")


def trust(text: str) -> Document:
    """Trust a node by its document, or take a later one. DocumentUnfit, NoDocument."""
    if known.own() is None:
        raise NoDocument
    found, before = examine(text)
    if before is not None and before.text == found.text:
        return found
    _record("peer.trusted", found)
    known.write(known.folder() / "peers" / found.node, found.text)
    return found


def retire(name: str) -> None:
    """Trust a node no more; what it signed before stays readable. PeerUnknown."""
    found = known.trusted().get(name)
    if found is None:
        raise PeerUnknown(node=name)
    _record("peer.retired", found)
    known.write(known.folder() / "retired" / name, found.text)
    (known.folder() / "peers" / name).unlink()


def _record(kind: str, about: Document) -> None:
    with transaction.atomic():
        evidence.record(
            kind=kind,
            at=clock.now(),
            place_id=about.places[0] if about.places else "",
            acting=OPERATOR,
            subject=("node", about.node),
            facts={
                "node": about.node,
                "serial": about.serial,
                "places": list(about.places),
                "keys": sorted(key.kid for key in about.keys),
            },
            key=None,
        )
