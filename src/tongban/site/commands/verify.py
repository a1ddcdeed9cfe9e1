"""``tongban verify``: check what is stored; exit 1 at the first damage."""

import argparse

from tongban.site.checks import CHECKS


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take none."""


def run(options: argparse.Namespace) -> int:  # noqa: ARG001 - every command's signature
    """Run each room's check, print how it ended with its counts, stop at the first damage."""
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
