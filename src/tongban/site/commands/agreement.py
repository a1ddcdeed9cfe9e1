"""``tongban agreement``: what this node agrees with others, signed by both."""

import argparse
import sys
from datetime import date
from pathlib import Path

from tongban.agreements import api as agreements
from tongban.kernel.acting import OPERATOR
from tongban.regions import api as regions


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take what is to be done."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    show = verbs.add_parser("show", help="all agreements, or one with its text and signatures")
    show.add_argument("id", nargs="?")
    propose = verbs.add_parser("propose", help="sign a new one and lay it before the other node")
    propose.add_argument("file", type=Path, help="YAML, as in a region's agreements/")
    sign = verbs.add_parser("sign", help="sign one that waits, or the end that the other noticed")
    sign.add_argument("id")
    end = verbs.add_parser("end", help="give notice of its last day, or agree to the other's")
    end.add_argument("id")
    end.add_argument("--on", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD")


def run(options: argparse.Namespace) -> int:
    """Do it, and print how the agreement stands."""
    match options.verb:
        case "show" if options.id is None:
            for each in agreements.agreement_ids():
                _print(agreements.shared(each))
            return 0
        case "show":
            found = agreements.shared(options.id)
            _print(found)
            for one in found.signatures:
                print(f"  {one.node}: {one.text}")
            print(found.terms or "its parties are places of one node: nobody signs it")
            return 0
        case "propose":
            if not options.file.is_file():
                print(f"tongban: {options.file.name} can't be read", file=sys.stderr)
                return 1
            row = regions.agreement_of(options.file)
            agreements.propose(row, acting=OPERATOR)
            options.id = row.id
        case "sign":
            agreements.sign(agreement_id=options.id, acting=OPERATOR)
        case _:
            agreements.end(agreement_id=options.id, on=options.on, acting=OPERATOR)
    _print(agreements.shared(options.id))
    return 0


def _print(found: agreements.SharedView) -> None:
    one = found.agreement
    until = "" if one.ends_on is None else f" until {one.ends_on}"
    print(f"{one.id}: {one.state}, {', '.join(one.party_ids)}, from {one.starts_on}{until}")
    for each in found.signatures:
        what = "signed" if each.ends_on is None else f"signed its end on {each.ends_on}"
        refused = "".join(f"; {node} refused: {code}" for node, code in each.refused.items())
        print(f"  {each.node} {what} at {each.signed_at:%Y-%m-%d %H:%M}Z{refused}")
