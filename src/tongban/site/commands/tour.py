"""``tongban tour``: walk the job over HTTP as the demo people; exit 1 at the first failure."""

import argparse
import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tongban.site.environment import Environment, Misconfigured
from tongban.site.tour import journeys

DEMO_ADDRESSES = Path("demo-nodes") / "addresses.json"
"""Where `tongban demo nodes` writes the addresses of its nodes, under the home."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take the node's address and the form of the answer."""
    parser.add_argument(
        "--base-url", help="where the node answers (default: TONGBAN_HOST and TONGBAN_PORT)"
    )
    parser.add_argument(
        "--json", action="store_true", help="print {ok, steps} as JSON and nothing else"
    )
    parser.add_argument(
        "--node",
        action="append",
        default=[],
        metavar="PLACE=URL",
        help="where a place's own node answers, by its division code; again for each",
    )
    parser.add_argument(
        "--nodes", action="store_true", help="over the four of `tongban demo nodes`, which run here"
    )
    parser.add_argument(
        "--receipts", type=Path, metavar="DIR", help="keep the applicants' receipts in this folder"
    )


def run(options: argparse.Namespace) -> int:
    """Walk, print each step as it is done (with --json to stderr), and how it ended."""
    environment = Environment.read()
    base_url = options.base_url or environment.address
    nodes = dict(_node(one) for one in options.node)
    if options.nodes:
        nodes = _of_demo(environment.home) | nodes
    for address in (base_url, *nodes.values()):
        if urlsplit(address).scheme not in {"http", "https"} or not urlsplit(address).hostname:
            message = f"no address of a node: {address}"
            raise Misconfigured(message)
    told = sys.stderr if options.json else sys.stdout

    def tell(line: str) -> None:
        print(line, file=told, flush=True)

    report = journeys.run(base_url, tell, keep=options.receipts, nodes=nodes)
    if options.json:
        print(json.dumps(report.as_data(), ensure_ascii=False, indent=2))
    else:
        tell(report.summary())
    return 0 if report.ok else 1


def _node(text: str) -> tuple[str, str]:
    code, sign, address = text.partition("=")
    if not sign:
        message = f"--node wants PLACE=URL: {text}"
        raise Misconfigured(message)
    return code, address


def _of_demo(home: Path) -> dict[str, str]:
    """Return where the demo's nodes answer; Misconfigured where it has never run here."""
    file = home / DEMO_ADDRESSES
    try:
        found: dict[str, str] = json.loads(file.read_text(encoding="ascii"))
    except FileNotFoundError:
        message = "--nodes walks over the nodes of `tongban demo nodes`: start that first"
        raise Misconfigured(message) from None
    return found
