"""``tongban node``: who this node is, which others it trusts, and what lies between them."""

import argparse
import json
import sys
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from tongban.agreements import api as agreements
from tongban.federation import api as federation
from tongban.federation.errors import NoDocument
from tongban.kernel import clock
from tongban.matters import api as matters
from tongban.site import wiring

_MOST = 64 * 1024


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take what is to be done."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    init = verbs.add_parser("init", help="state who this node is; again to change it")
    init.add_argument("--places", required=True, help="what it hosts: codes, with commas between")
    init.add_argument("--address", required=True, help="where others reach it: https://host[:port]")
    verbs.add_parser("asyncapi", help="print what this node understands, as AsyncAPI 3.0")
    verbs.add_parser("show", help="print the document to give to others")
    trust = verbs.add_parser("trust", help="show another node's document; --yes trusts it")
    trust.add_argument("file", type=Path)
    trust.add_argument("--yes", action="store_true", help="the fingerprint was compared")
    retire = verbs.add_parser("retire", help="trust a node no more")
    retire.add_argument("name")
    verbs.add_parser("rotate", help="change this node's keys; give the new document to the others")
    verbs.add_parser("peers", help="the nodes that are trusted and what waits for them")
    export = verbs.add_parser("export", help="write what waits for a node into a folder")
    export.add_argument("folder", type=Path)
    export.add_argument("--to", required=True, metavar="NAME")
    taken = verbs.add_parser("import", help="take what a folder holds for this node, and answer")
    taken.add_argument("folder", type=Path)
    recall = verbs.add_parser("recall", help="put back what this node lost, as a peer has kept it")
    recall.add_argument("name")
    publish = verbs.add_parser("publish", help="tell the others the editions they haven't got")
    publish.add_argument("--again", action="store_true", help="what they refused too")
    letters = verbs.add_parser("letters", help="messages that were given up")
    letters.add_argument("--revive", metavar="ID", help="try one again")


def run(options: argparse.Namespace) -> int:
    """Do it and print what one needs to see."""
    wiring.wire()  # a document states which messages this node takes
    match options.verb:
        case "init":
            places = [one.strip() for one in options.places.split(",") if one.strip()]
            _print(federation.announce(address=options.address, hosted=places))
        case "show" | "asyncapi" | "peers":
            _tell(options.verb)
        case "trust":
            return _trust(options)
        case "retire":
            federation.retire(options.name)
            print(f"{options.name} is trusted no more: nothing is sent to it or taken from it")
        case "rotate":
            _print(federation.rotate())
            print("give the new document to every node that trusts this one: `tongban node show`")
        case "export" | "import":
            _carry(options)
        case "recall":
            return _recall(options.name)
        case "publish":
            _publish(again=options.again)
        case _:
            return _letters(options)
    return 0


def _carry(options: argparse.Namespace) -> None:
    """Write what waits for a node into a folder, or take what one holds."""
    if options.verb == "export":
        done = federation.export(options.folder, to=options.to)
        print(f"{done.messages} messages and {done.files} files for {options.to}")
        print(f"carry {options.folder} there for `tongban node import`, then bring it back")
        return
    wiring.wire()
    done = federation.take_folder(options.folder)
    print(f"{done.messages} messages read and answered, {done.files} files taken")
    print(f"{done.answers} of this node's messages were answered")


def _recall(name: str) -> int:
    """Put back what was lost; exit code 1 where a lane stays apart."""
    wiring.wire()
    done = federation.recall(name)
    print(f"{done.own} messages of this node and {done.theirs} of {name} were put back")
    print(f"{done.opened} messages that {name} had given up go on")
    for lane, why in sorted(done.apart.items()):
        print(f"apart: {lane}: {why}: compare the case with {name}")
    return 1 if done.apart else 0


def _tell(verb: str) -> None:
    if verb == "asyncapi":
        print(json.dumps(federation.asyncapi(version=version("tongban")), ensure_ascii=False))
    elif verb == "peers":
        _peers()
    else:
        print(_own().text)
        print(f"fingerprint: {_own().fingerprint}", file=sys.stderr)


def _own() -> federation.Document:
    own = federation.own()
    if own is None:
        raise NoDocument
    return own


def _print(document: federation.Document) -> None:
    print(f"node {document.node}, document {document.serial}, at {document.address}")
    print(f"hosts {', '.join(document.places) or 'no place'}, each with all below it")
    print(f"fingerprint: {document.fingerprint}")


def _trust(options: argparse.Namespace) -> int:
    try:
        with options.file.open(encoding="ascii", errors="replace") as file:
            text = file.read(_MOST + 1)
    except OSError as error:
        print(f"tongban: {options.file.name} can't be read: {error.strerror}", file=sys.stderr)
        return 1
    found, before = federation.examine(text)
    _print(found)
    if before is not None:
        print(f"trusted now: document {before.serial}, hosts {', '.join(before.places)}")
        print(f"fingerprint now: {before.fingerprint}")
    if not options.yes:
        print("compare the fingerprint with its operator, then run this again with --yes")
        return 1
    federation.trust(text)
    print(f"{found.node} is trusted")
    for name in agreements.await_signatures():
        print(f"agreement {name} waits for both nodes' signatures: tongban agreement sign {name}")
    _publish(again=False)
    return 0


def _publish(*, again: bool) -> None:
    for name, told in matters.tell_peers(again=again).items():
        print(f"editions on their way to {name}: {told}")
    for one in matters.refused_editions():
        print(
            f"{one.node} refused {one.matter_code} of {one.place_id}, version {one.version}: "
            f"{one.code}"
        )


def _peers() -> None:
    own = _own()
    print(f"this node: {own.node}, document {own.serial}, hosts {', '.join(own.places)}")
    for peer in federation.peers():
        print(
            f"{peer.node}: {peer.address}, document {peer.serial}, hosts {', '.join(peer.places)}"
        )
        if peer.checked is not None:
            print(f"  its document was checked {_ago(peer.checked)} ago")
        heard = "never" if peer.heard is None else f"{_ago(peer.heard)} ago"
        print(f"  last message from it: {heard}")
        strange = [one for one in own.takes if peer.takes and one not in peer.takes]
        if strange:
            print(f"  it does not say that it understands {', '.join(strange)}")
        if peer.waiting:
            oldest = "" if peer.oldest is None else f", the oldest for {_ago(peer.oldest)}"
            print(f"  {peer.waiting} messages wait for it{oldest}; given up: {peer.given_up}")
    for name, waiting in federation.unreachable().items():
        print(f"{name}: not trusted; {waiting} messages wait until it is")


def _ago(moment: datetime) -> str:
    return f"{(clock.now() - moment).total_seconds():.0f} s"


def _letters(options: argparse.Namespace) -> int:
    if options.revive is not None:
        if not federation.revive(options.revive):
            print(f"no message {options.revive} was given up", file=sys.stderr)
            return 1
        print(f"{options.revive} waits to be sent")
        return 0
    for one in federation.letters():
        print(f"{one.id}  {one.kind} of {one.lane} to {one.to}: {one.trouble}")
    return 1 if federation.letters() else 0
