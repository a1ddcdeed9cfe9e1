"""The command ``tongban``: one module in ``site/commands`` for each of its commands.

A command's module has ``arguments(parser)``, which adds what it takes, and ``run(options)``, which
returns the exit code. It is imported only when it is asked for, after Django is set up when it
works on the node itself.
"""

import argparse
import os
import sys
from dataclasses import dataclass
from importlib import import_module

from django.db import OperationalError

from tongban.kernel.errors import Refusal
from tongban.site import node
from tongban.site.environment import Misconfigured


@dataclass(frozen=True, slots=True)
class Command:
    """A command's line in the help; with ``on_node``, Django is set up before it is imported."""

    about: str
    on_node: bool = True


COMMANDS = {
    "run": Command("prepare the databases and the region, then run web server and worker"),
    "serve": Command("run the web server alone", on_node=False),  # its processes set Django up
    "worker": Command("run the worker alone: jobs, looks, sweeps"),
    "migrate": Command("bring both databases and the static files up to date"),
    "region": Command("show what a region's files would change, or apply them"),
    "erase": Command("erase a person, or replay the erasures after a restore"),
    "evidence": Command("the log: status, witnesses, fsck, reconcile, rotate"),
    "node": Command("who this node is, which others it trusts, what waits for them"),
    "split": Command("make two nodes of one: give places to another, take them, let them go"),
    "agreement": Command("agreements with other nodes: propose, sign, end, show"),
    "verify": Command(
        "check stored evidence, or a receipt; exit 1 at the first damage",
        on_node=False,  # a receipt is checked anywhere
    ),
    "demo": Command(
        "show something on one machine: a log and three witnesses",
        on_node=False,  # on a node of its own
    ),
    "tour": Command("walk the job over HTTP as the demo people", on_node=False),
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command that the arguments name and return its exit code."""
    os.umask(0o077)  # what a node writes is its user's alone
    given = sys.argv[1:] if arguments is None else arguments
    name, rest = _chosen(given)
    command = COMMANDS[name]
    try:
        if command.on_node:
            node.set_up()
        module = import_module(f"tongban.site.commands.{name}")
        parser = argparse.ArgumentParser(prog=f"tongban {name}", description=command.about)
        module.arguments(parser)
        code: int = module.run(parser.parse_args(rest))
    except Misconfigured as wrong:
        print(f"tongban: {wrong}", file=sys.stderr)
        return 2
    except Refusal as refusal:
        print(f"tongban: {refusal}", file=sys.stderr)
        return 1
    except OperationalError as error:
        # Its first line names the host or the file, never what was asked.
        print(
            f"tongban: the database does not answer: {str(error).splitlines()[0]}", file=sys.stderr
        )
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _chosen(arguments: list[str]) -> tuple[str, list[str]]:
    """Split off the command's name; the help and a mistake end the process, as argparse does."""
    width = max(len(name) for name in COMMANDS)
    parser = argparse.ArgumentParser(
        prog="tongban",
        description="通办 Tongban: deal with a government matter where you are.",
        epilog="\n".join(
            ["commands:", *(f"  {name:<{width}}  {c.about}" for name, c in COMMANDS.items())]
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="command")
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    return chosen.command, chosen.rest


if __name__ == "__main__":
    sys.exit(main())
