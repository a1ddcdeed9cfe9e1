"""``tongban region``: show what the files of a region would change, or apply them."""

import argparse

from django.conf import settings

from tongban.regions import api as regions
from tongban.site import region


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take the region's name and whether to apply."""
    parser.add_argument("name", nargs="?", help="the region's folder (default: TONGBAN_REGION)")
    parser.add_argument("--apply", action="store_true", help="write it; else only show it")
    parser.add_argument("--list", action="store_true", help="list the regions there are")


def run(options: argparse.Namespace) -> int:
    """Show each added or changed row, then how many; write them when asked."""
    if options.list:
        for name in regions.regions():
            print(name)
        return 0
    name = options.name or settings.REGION
    if options.apply:
        changes = region.load(print, region=name)
    else:
        changes = regions.load(region=name, apply=False, report=print)
    done = "written" if options.apply else "to write (tongban region --apply)"
    print(
        f"{name}: {changes.added} added, {changes.changed} changed, {done}; "
        f"{changes.unchanged} unchanged"
    )
    return 0
