"""``tongban evidence witnesses``: whom this node asks to witness its log.

As ``tongban region``, it shows what would change and writes only when told to.
"""

import argparse
import difflib
from collections.abc import Iterator

from tongban.evidence import api as evidence
from tongban.evidence.api import Proposal
from tongban.site.environment import Misconfigured


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take who comes, who goes, how many must cosign, and whether to write it."""
    parser.add_argument(
        "--add",
        action="append",
        default=[],
        metavar="NAME=VKEY@URL",
        help="a name of your own, the key that the witness gave you, where it answers: "
        "https://…/witness",
    )
    parser.add_argument(
        "--remove", action="append", default=[], metavar="NAME", help="done before any --add"
    )
    parser.add_argument(
        "--quorum",
        type=int,
        metavar="K",
        help="so many must cosign (default: all but a third: 3 of 3, 3 of 4, 4 of 5)",
    )
    parser.add_argument("--apply", action="store_true", help="write it; else only show it")


def run(options: argparse.Namespace) -> int:
    """Show the policy, or the change that was asked for; write that when asked."""
    try:
        proposal = evidence.propose_policy(
            add=options.add, remove=options.remove, quorum=options.quorum
        )
        changes = proposal.before != proposal.after
        if changes and options.apply:
            evidence.adopt_policy(proposal)
    except evidence.PolicyUnfit as unfit:
        raise Misconfigured(str(unfit)) from None
    for line in _difference(proposal):
        print(line)
    for line in _lines(proposal):
        print(line)
    if changes:
        for line in _what_next() if options.apply else ["to write: the same with --apply"]:
            print(line)
    elif options.add or options.remove or options.quorum is not None:
        print("nothing changes")
    return 0


def _difference(proposal: Proposal) -> Iterator[str]:
    """Yield the lines of log/policy that go and come."""
    old, new = (
        data.decode("utf-8", "replace").splitlines() for data in (proposal.before, proposal.after)
    )
    for line in difflib.unified_diff(old, new, "log/policy", "log/policy", n=0, lineterm=""):
        if not line.startswith(("---", "+++", "@@")):
            yield f"{line[0]} {line[1:]}"


def _lines(proposal: Proposal) -> Iterator[str]:
    """Yield who witnesses, and what that is good for, in words."""
    count = len(proposal.witnesses)
    if not count:
        yield "no witnesses: receipts say 未经见证, not cosigned"
        return
    width = max(len(line.name) for line in proposal.witnesses)
    for line in proposal.witnesses:
        where = line.url or "(no address: it is not asked)"
        yield f"{line.name:<{width}}  {line.key.name}  {line.key.key_id.hex()}  {where}"
    match proposal.needed:
        case None:
            yield "quorum: by groups, as log/policy says"
        case 0:
            yield f"quorum: none of {count}; receipts wait for nobody"
        case needed:
            yield f"quorum: any {needed} of {count}"
    needs, withstood, away = proposal.strength
    if needs:
        yield (
            f"  two contradictory histories need {_witnesses(needs)} who collude with this node: "
            f"it withstands {withstood}"
        )
    else:
        yield "  it withstands NOTHING: two contradictory histories need no witness to collude"
    if away:
        yield f"  {_witnesses(away)} may be away, and no receipt waits"
    elif needs:
        yield "  one witness that is away makes every receipt wait"


def _witnesses(count: int) -> str:
    return f"{count} witness{'' if count == 1 else 'es'}"


def _what_next() -> Iterator[str]:
    """Yield what the witnesses need in turn."""
    yield "written; the worker goes by it at once, and the change becomes an entry of the log"
    found = evidence.status()
    keys = [log.vkey for log in found.logs[-1:]] + [found.next_vkey]
    for vkey in filter(None, keys):
        yield f"each witness puts this line into its witness/logs: {vkey}"
    if not found.logs:
        yield "no log yet: `tongban worker` begins one; its key goes into their witness/logs"
