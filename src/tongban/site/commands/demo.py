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
        "what", choices=["witnesses"], help="witnesses: a log and three witnesses, four nodes"
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
        help="stop when the quorum has cosigned what was entered (one entry at least)",
    )


def run(options: argparse.Namespace) -> int:
    """Show it until Ctrl-C or SIGTERM; with --once until the quorum is reached."""
    os.environ["TONGBAN_DEMO"] = "1"
    home = Environment.read().home / "demo-witnesses"  # refuses what isn't loopback
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until there are children to look after
    os.environ.update(TONGBAN_HOME=str(home / "tongzhou"), TONGBAN_NODE="tongzhou")
    os.environ.pop("TONGBAN_DATABASE_URL", None)
    node.set_up()
    from tongban.site import demo_witnesses  # noqa: PLC0415 - its models exist only from here on

    entries = max(options.entries, 1 if options.once else 0)
    return demo_witnesses.show(home, entries=entries, once=options.once)
