"""``tongban erase``: erase a person 清除, or do every erasure again after a restore."""

import argparse
import sys

from tongban.cases import api as cases
from tongban.identity import api as identity
from tongban.identity.errors import PersonMissing
from tongban.kernel.acting import OPERATOR
from tongban.site import prepare


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take the person and the ground, or the replay."""
    parser.add_argument(
        "person", nargs="?", help="the person's id; - reads kind and number of a document instead"
    )
    parser.add_argument(
        "--ground", choices=list(identity.ErasureGround), help="the legal ground (PIPL art. 47)"
    )
    parser.add_argument(
        "--told", action="store_true", help="whom other nodes have erased and this one hasn't"
    )
    parser.add_argument("--replay", action="store_true", help="do every erasure again")


def run(options: argparse.Namespace) -> int:
    """Erase or replay, and say what was done; a number is read here and never printed."""
    prepare.check_keys()  # a lost index key would be made anew, and nobody found by it
    if options.replay:
        prepare.replay_erasures(print)
        print("every erasure in the list stands")
        return 0
    if options.told:
        return _told()
    if options.person is None or options.ground is None:
        print("tongban: name a person and a --ground, or --replay", file=sys.stderr)
        return 2
    person_id = _found(sys.stdin.readline()) if options.person == "-" else options.person
    ground = identity.ErasureGround(options.ground)
    keys = cases.erase_person(acting=OPERATOR, person_id=person_id, ground=ground)
    print(f"{person_id}: erased, {keys} keys destroyed")
    return 0


def _told() -> int:
    """Name whom other nodes have erased; 1 where there is anybody: someone must look."""
    found = cases.erased_elsewhere()
    for one in found:
        print(f"{one.person_id}: erased on {one.node} on {one.at:%Y-%m-%d}; cases: {one.cases}")
    return 1 if found else 0


def _found(line: str) -> str:
    """Return whom a line "resident 1310…" names; PersonMissing also for what is no such line.

    It is read from the input, for what stands on a command line, others on the machine can read.
    """
    kind, _, number = line.strip().partition(" ")
    if kind not in list(identity.NumberKind):
        raise PersonMissing
    person_id = identity.find_person(number_kind=identity.NumberKind(kind), number=number)
    if person_id is None:
        raise PersonMissing
    return person_id
