"""``tongban demo``: something shown on one machine, with real processes and made-up people."""

import argparse
import os
import signal
import sys

from tongban.site import node
from tongban.site.environment import Environment


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take what is to be shown and how long."""
    parser.add_argument(
        "what",
        choices=["witnesses", "nodes"],
        help="witnesses: a log and three witnesses; nodes: four governments with a node each",
    )
    parser.add_argument(
        "--entries",
        type=int,
        default=0,
        metavar="N",
        help="enter something N times: someone made-up signs in",
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help="witnesses: stop when the quorum has cosigned what was entered (one entry at least); "
        "nodes: walk the tour over them, check each, stop",
    )


def run(options: argparse.Namespace) -> int:
    """Show it until Ctrl-C or SIGTERM; with --once until the quorum is reached."""
    os.environ["TONGBAN_DEMO"] = "1"
    if options.what == "nodes":
        return _nodes(once=options.once)
    home = Environment.read().home / "demo-witnesses"  # refuses what isn't loopback
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until there are children to look after
    os.environ.update(TONGBAN_HOME=str(home / "tongzhou"), TONGBAN_NODE="tongzhou")
    os.environ.pop("TONGBAN_DATABASE_URL", None)
    node.set_up()
    from tongban.site import demo_witnesses  # noqa: PLC0415 - its models exist only from here on

    entries = max(options.entries, 1 if options.once else 0)
    return demo_witnesses.show(home, entries=entries, once=options.once)


def _nodes(*, once: bool) -> int:
    home = Environment.read().home / "demo-nodes"  # refuses what isn't loopback
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.environ.pop("TONGBAN_DATABASE_URL", None)
    os.environ["TONGBAN_HOME"] = str(home / "here")  # this process keeps nothing
    node.set_up()
    from tongban.site import demo_nodes  # noqa: PLC0415 - its models exist only from here on

    return demo_nodes.show(home, once=once)
