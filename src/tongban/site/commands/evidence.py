"""``tongban evidence``: how the log stands, who witnesses it, and what mends it."""

import argparse
from collections.abc import Iterator

from tongban.evidence import api as evidence
from tongban.evidence.api import LogStatus, Status
from tongban.site import witnesses

_ACTIONS = {
    "status": "size, last checkpoint, witnesses, what waits; exit 1 if it is behind or stopped",
    "witnesses": "show who witnesses this log, and what a change would be; --apply writes it",
    "fsck": "hold rows, tiles, promises and signatures together; exit 1 for any damage",
    "reconcile": "bring back a log that refuses to sign, as after a backup was put back",
    "rotate": "close the log in use and begin another with a new key, as after a theft",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take what to do, each with its own options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    parsers = {
        name: actions.add_parser(name, help=about, description=about)
        for name, about in _ACTIONS.items()
    }
    witnesses.arguments(parsers["witnesses"])
    parsers["reconcile"].add_argument(
        "--begin-anew",
        action="store_true",
        help="close a log that can't be continued, and begin another",
    )


def run(options: argparse.Namespace) -> int:
    """Do it and print what was found or done; 1 where something is wrong or can't be done."""
    try:
        if options.action == "status":
            return _status()
        if options.action == "witnesses":
            return witnesses.run(options)
        if options.action == "fsck":
            return _fsck()
        if options.action == "rotate":
            print(f"the worker closes the log {evidence.rotate()} and begins another")
            return 0
        for line in evidence.reconcile(begin_anew=options.begin_anew):
            print(line)
    except evidence.SealingStopped as stopped:
        print(f"not done: {stopped}")
        return 1
    return 0


def _status() -> int:
    found = evidence.status()
    for line in _lines(found):
        print(line)
    return 1 if found.is_behind else 0


def _lines(found: Status) -> Iterator[str]:
    for log in found.logs:
        closed = ", closed" if log.closed else ""
        yield f"log {log.shard}: {log.size} entries, signed at {log.signed_at:%F %T}Z{closed}"
        yield f"  {_cosigned(log)}"
        yield f"  key {log.vkey}"
    if not found.logs:
        yield "no log yet: `tongban worker` begins one"
    if found.next_vkey is not None:
        yield f"next_vkey {found.next_vkey}"
        yield "  the key of next year's log: give it to the witnesses before the year ends"
    waits = f", the oldest for {found.oldest_age_s:.0f} s" if found.waiting else ""
    yield f"waiting: {found.waiting} entries{waits}"
    if found.seen_at is None:
        yield "sequencer: never seen; `tongban worker` is it"
    elif found.trouble:
        yield f"sequencer: STOPPED at {found.seen_at:%F %T}Z: {found.trouble}"
    else:
        yield f"sequencer: works, seen at {found.seen_at:%F %T}Z"


def _cosigned(log: LogStatus) -> str:
    if not log.witnesses:
        return "not cosigned: log/policy names no witness"
    reached = "reached" if log.quorum_reached else "NOT reached"
    names = ", ".join(log.cosigned_by) or "nobody"
    return f"cosigned by {names}, of {len(log.witnesses)} witnesses; quorum {reached}"


def _fsck() -> int:
    found = list(evidence.check_log())
    for what in found:
        print(f"DAMAGED: {what}")
    for log in evidence.status().logs if not found else ():
        print(f"log {log.shard}: ok, {log.size} entries lead to the root that it has signed")
    return 1 if found else 0
