"""``python -m bench [--only PREFIX] [--out FILE]``: measure, print a table, write the figures."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from bench import evidence, evidence_sealing, nodes, pages, submit
from bench.figure import Figure, table

GROUPS: dict[tuple[str, ...], Callable[[], list[Figure]]] = {
    ("submit.sqlite",): lambda: submit.measure("sqlite"),
    ("submit.pg",): lambda: submit.measure("pg"),
    ("evidence.append.sqlite",): lambda: evidence.measure_append("sqlite"),
    ("evidence.append.pg",): lambda: evidence.measure_append("pg"),
    ("evidence.proof_ms", "evidence.verify_ms", "evidence.memory_mb"): evidence.measure_tree,
    ("evidence.receipt.p99_s",): evidence.measure_receipt,
    ("evidence.sealing.p95",): evidence_sealing.measure,
    ("nodes.cases_per_s", "nodes.visible.p99_s"): nodes.measure,
    ("nodes.drain_s", "nodes.hop_cpu"): nodes.measure_drain,
    ("page.cpu_ms", "process.rss_mb"): pages.measure,
}
"""What is measured together, by the figures it yields (and their details)."""


def main() -> int:
    """Measure; return 1 when a limit is not kept."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--only", default="", help="figures whose name begins with this")
    parser.add_argument("--out", type=Path, help="file to write the figures to, as JSON")
    options = parser.parse_args()
    chosen = [
        group for names, group in GROUPS.items() if any(_match(options.only, one) for one in names)
    ]
    if not chosen:
        parser.error(f"no figure begins with {options.only!r}")
    found = [figure for group in chosen for figure in group()]
    figures = [figure for figure in found if figure.name.startswith(options.only)]
    if options.out is not None:
        text = json.dumps([asdict(figure) for figure in figures], indent=1, ensure_ascii=False)
        options.out.write_text(text + "\n", encoding="utf-8")
    print(table(figures))
    return 0 if all(figure.holds for figure in figures) else 1


def _match(prefix: str, name: str) -> bool:
    return name.startswith(prefix) or prefix.startswith(name)


if __name__ == "__main__":
    sys.exit(main())
