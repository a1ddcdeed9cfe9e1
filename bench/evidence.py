"""The evidence log: how fast it takes entries, what it costs requests, how soon receipts come."""

import json
from statistics import median

from bench.figure import Figure, machine
from bench.served import Place, postgresql_version

ROUNDS = 7
APPEND_RATIO = 0.5
_ROUND = 20_000


def measure_append(kind: str) -> list[Figure]:
    """Return ``evidence.append.<kind>``: from the first row to the published checkpoint."""
    found = json.loads(Place.new(kind, "evidence").run("-m", "bench.evidence_append", str(ROUNDS)))
    on = machine(postgresql=postgresql_version()) if kind == "pg" else machine()
    ratios = [bare / own for own, bare in zip(found["own"], found["bare"], strict=True)]
    rates = {
        name: [_ROUND / seconds for seconds in samples] for name, samples in found.items()
    }
    figures = [
        Figure(
            name=f"evidence.append.{kind}",
            value=median(rates["own"]),
            unit="1/s",
            limit=APPEND_RATIO,
            ratio=median(ratios),
            samples=rates["own"],
            machine=on,
        )
    ]
    for name in ("sealed", "bare"):
        figures.append(
            Figure(
                name=f"evidence.append.{kind}.{name}",
                value=median(rates[name]),
                unit="1/s",
                samples=rates[name],
                machine=on,
            )
        )
    return figures
