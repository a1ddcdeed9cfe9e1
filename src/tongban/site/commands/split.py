"""``tongban split``: one installation becomes two; give, take and finish, each shown first."""

import argparse
from pathlib import Path

from tongban.federation.errors import SplitUnfit
from tongban.site import prepare, wiring
from tongban.site.environment import Environment
from tongban.site.split import giving, plan, taking

_MOST = 64 * 1024
_AGAIN = "nothing was done: run this again with --yes"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take the step and the folder that the places travel in."""
    steps = parser.add_subparsers(dest="step", required=True)
    give = steps.add_parser("give", help="on the node that the places leave")
    give.add_argument("--to", required=True, type=Path, metavar="FILE", help="the new one's file")
    for step, about in (("take", "on the new node"), ("finish", "on the first: let go for good")):
        steps.add_parser(step, help=about)
    for parser_of in steps.choices.values():
        parser_of.add_argument("folder", type=Path)
        parser_of.add_argument("--yes", action="store_true", help="do what was shown")


def run(options: argparse.Namespace) -> int:
    """Show the step, and do it with --yes."""
    prepare.check_keys()
    wiring.wire()
    environment = Environment.read()
    steps = {"give": _give, "take": _take, "finish": _finish}
    return steps[options.step](options, environment)


def _give(options: argparse.Namespace, environment: Environment) -> int:
    text = options.to.read_text(encoding="ascii", errors="replace")[: _MOST + 1]
    shown = giving.show(text, host=environment.host, port=environment.port)
    print(f"to {shown.to.node} at {shown.to.address}, which hosts {', '.join(shown.to.places)}")
    print(f"fingerprint: {shown.to.fingerprint}")
    _print_table(shown)
    found = shown.plan.cases
    print(
        f"cases: {len(found.going)} go, {len(found.theirs)} that it will decide and "
        f"{len(found.ours)} that this node decides stay on both"
    )
    for one in shown.in_the_way:
        print(f"in the way: {one}")
    if shown.in_the_way or not options.yes:
        print("compare the fingerprint with its operator. " * (not shown.in_the_way) + _AGAIN)
        return 1
    print(f"given: bundle {giving.give(shown, options.folder)[:16]} in {options.folder}")
    print("until `tongban split finish` this node doesn't start")
    return 0


def _print_table(shown: giving.Shown) -> None:
    print(f"{'':<16}{'whole':>8}{'stay':>8}{'on both':>9}{'go':>8}")
    for table in plan.TABLES:
        if table not in shown.whole:
            continue
        whole, carried, leave = shown.whole[table], shown.carried[table], shown.leaving[table]
        print(f"{table:<16}{whole:>8}{whole - carried:>8}{carried - leave:>9}{leave:>8}")


def _take(options: argparse.Namespace, environment: Environment) -> int:
    shown = taking.show(options.folder, host=environment.host, port=environment.port)
    said = shown.found.said
    print(f"from {shown.found.sender.node}: {', '.join(said['places'])}, {said['files']} files")
    for table, one in said["tables"].items():
        print(f"{table:<16}{one['rows']:>8}")
    for one in shown.in_the_way:
        print(f"in the way: {one}")
    if shown.in_the_way or not options.yes:
        print(_AGAIN)
        return 1
    taking.take(shown)
    print("taken: each row is here as it was there, each file opens; `answer` says so, signed")
    return 0


def _finish(options: argparse.Namespace, _environment: Environment) -> int:
    ending = giving.look_at_end(options.folder)
    print(f"{ending.to} has signed that it has all of it")
    if not options.yes:
        print(f"{len(ending.plan.keys_leaving)} keys will be destroyed here. {_AGAIN}")
        return 1
    given = ending.given
    stays, destroyed = giving.finish(ending)
    print(f"{'':<16}{'whole':>8}{'here':>8}{'there':>8}{'on both':>9}")
    for table, now in stays.items():
        there, leave = given["tables"][table]["rows"], given["leaving"][table]
        whole = given["whole"][table]
        here = whole if table in plan.NEVER_LEAVE else now
        if whole != here + there - (there - leave):
            raise SplitUnfit(why=f"what is here and there of {table} is not the whole")
        print(f"{table:<16}{whole:>8}{here:>8}{there:>8}{there - leave:>9}")
    print(f"{destroyed} keys were destroyed here; start both nodes, then back up both")
    return 0
