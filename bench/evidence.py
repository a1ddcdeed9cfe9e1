"""The evidence log: how fast it takes entries, what it costs requests, how soon receipts come."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from statistics import median, quantiles

from bench.figure import Figure, machine
from bench.served import HOMES, PRODUCT, ROOT, Place, Served, postgresql_version
from tongban.evidence.core.keys import NoteKey
from tongban.evidence.core.policy import Policy

ROUNDS = 7
APPEND_RATIO = 0.5
_ROUND = 20_000
_PER_CENT = 100
TREE = 10_000_000
PROOFS = 500
CHECKS = 100
RATE, SECONDS, WITNESSES = 300, 30, 3


def measure_append(kind: str) -> list[Figure]:
    """Return ``evidence.append.<kind>``: from the first row to the published checkpoint."""
    found = json.loads(Place.new(kind, "evidence").run("-m", "bench.evidence_append", str(ROUNDS)))
    on = machine(postgresql=postgresql_version()) if kind == "pg" else machine()
    ratios = [bare / own for own, bare in zip(found["own"], found["bare"], strict=True)]
    rates = {name: [_ROUND / seconds for seconds in samples] for name, samples in found.items()}
    details = (("", "own"), (".sealed", "sealed"), (".bare", "bare"))
    return [
        Figure(
            name=f"evidence.append.{kind}{suffix}",
            value=median(rates[name]),
            unit="1/s",
            limit=None if suffix else APPEND_RATIO,
            ratio=None if suffix else median(ratios),
            samples=rates[name],
            machine=on,
        )
        for suffix, name in details
    ]


def measure_tree() -> list[Figure]:
    """Return what a log of ten million entries costs: proof, check, the memory it grew in.

    ``evidence.verify_ms`` is the check of a whole case's receipt, with three cosignatures.
    ``evidence.memory_mb`` is how much more the process held at the end than after a tenth.
    """
    place = Place.of("tree")
    folder = HOMES / "tree" / "log"
    grown = json.loads(place.run("-m", "bench.evidence_tree", "grow", str(folder), str(TREE)))
    proved = json.loads(place.run("-m", "bench.evidence_tree", "prove", str(folder), str(PROOFS)))
    checked = json.loads(place.run("-m", "bench.evidence_verify", str(folder), str(CHECKS)))
    figures = [
        Figure(
            name="evidence.proof_ms",
            value=median(proved["ms"]),
            unit="ms",
            limit=1,
            samples=proved["ms"],
            machine=machine(),
        ),
        Figure(
            name="evidence.verify_ms",
            value=median(checked["ms"]),
            unit="ms",
            limit=50,
            samples=checked["ms"],
            machine=machine(),
        ),
    ]
    memory = grown["memory"]
    if memory:  # none where the log had grown in an earlier run
        figures.append(
            Figure(
                name="evidence.memory_mb",
                value=memory[-1] - memory[0],
                unit="MB more",
                limit=5,
                samples=memory,
                machine=machine(),
            )
        )
    return figures


def measure_receipt() -> list[Figure]:
    """Return ``evidence.receipt.p99_s``: from the commit to a quorum of three witnesses."""
    log = Place.new("sqlite", "receipt")
    with _witnessed(log), worker(log):
        found = json.loads(log.run("-m", "bench.evidence_feed", str(RATE), str(SECONDS)))
    waited = found["waited"]
    cuts = quantiles(waited, n=_PER_CENT)
    on = machine(rate=f"{found['rate']:.0f}/s", witnesses=str(WITNESSES))
    return [
        Figure(name="evidence.receipt.p99_s", value=cuts[98], unit="s", limit=3, machine=on),
        Figure(name="evidence.receipt.p50_s", value=cuts[49], unit="s", machine=on),
    ]


@contextmanager
def _witnessed(log: Place) -> Iterator[None]:
    """Serve three witnesses, and exchange keys with the log as operators would."""
    log.run("-m", "tongban.site.cli", "worker", "--once")  # the log begins
    vkey = next((log.home / "log").glob("*/vkey")).read_text().strip()
    key = NoteKey.parse(vkey)
    urls = {}
    with ExitStack() as stack:
        for number in range(WITNESSES):
            place = Place.new("sqlite", f"witness{number}", node=f"witness{number}")
            (place.home / "witness").mkdir()
            (place.home / "witness" / "logs").write_text(f"{vkey}\n")
            served = stack.enter_context(Served(place, PRODUCT))
            urls[_get(served.port, "/witness/vkey")] = f"http://127.0.0.1:{served.port}/witness"
        policy = Policy.k_of_n([key], [NoteKey.parse(one) for one in urls])
        asked = tuple(line._replace(url=urls[line.key.vkey]) for line in policy.witnesses)
        (log.home / "log" / "policy").write_bytes(replace(policy, witnesses=asked).data)
        yield


@contextmanager
def worker(place: Place, *arguments: str) -> Iterator[None]:
    """Run the place's worker."""
    command = [sys.executable, "-m", "tongban.site.cli", "worker", *arguments]
    with (place.home / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=place.environment(0), cwd=ROOT, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _get(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read().decode().strip()
    connection.close()
    if answer.status != http.HTTPStatus.OK:
        message = f"{path}: {answer.status} {text[:200]}"
        raise RuntimeError(message)
    return text
