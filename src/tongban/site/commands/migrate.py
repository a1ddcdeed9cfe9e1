"""``tongban migrate``: bring both databases and the static files up to date."""

import argparse

from tongban.site import prepare


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take none."""


def run(options: argparse.Namespace) -> int:  # noqa: ARG001 - every command's signature
    """Apply what is to come; a second run does nothing."""
    prepare.migrate(print)
    prepare.collect_static(print)
    print("the databases and the static files are up to date")
    return 0
