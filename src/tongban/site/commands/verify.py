"""``tongban verify``: check what is stored, or a receipt; exit 1 at the first damage.

A receipt is checked wherever Tongban is installed: without database, home and network. So Django
is set up here, and only for the node's own check.
"""

import argparse
from pathlib import Path

from tongban.site import node
from tongban.site.environment import Misconfigured
from tongban.site.receipt import verify_receipt


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take a receipt, where one is to be checked instead of this node."""
    parser.add_argument("file", nargs="?", type=Path, help="a receipt (ZIP); without: this node")
    parser.add_argument("--policy", type=Path, help="a tlog-policy that you trust")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(options: argparse.Namespace) -> int:
    """Check the receipt, or run each room's check and stop at the first damage."""
    if options.file is not None:
        return verify_receipt(options.file, options.policy, as_json=options.json)
    if options.policy is not None or options.json:
        message = "--policy and --json belong to a receipt: name its file"
        raise Misconfigured(message)
    node.set_up()
    from tongban.site.checks import CHECKS  # noqa: PLC0415 - its models exist only from here on

    for check in CHECKS:
        notes = 0
        for found in check.function():
            if found.damage:
                print(f"{check.name}: DAMAGED: {found.what}")
                return 1
            notes += 1
            print(f"{check.name}: note: {found.what}")
        print(f"{check.name}: ok, 0 damaged, {notes} noted")
    return 0
