"""What sealing costs requests: submissions at half load, with a worker that seals and without."""

import json
import threading
import time
from statistics import median, quantiles

from bench import submit
from bench.evidence import worker
from bench.figure import Figure, machine
from bench.served import PRODUCT, Place, Served
from bench.wire import Wire

PAIRS = 10
LIMIT = 1.25
_FULL = 200
_SECONDS = 6
_FASTEST = 100
"""Submissions a second at most, so that the drafts of a run are known beforehand."""


def measure() -> list[Figure]:
    """Return ``evidence.sealing.p95``: the median ratio of ten pairs, each after the other."""
    place = Place.of("sqlite")
    wanted = _FULL + 2 * PAIRS * _FASTEST * _SECONDS // 2
    seeded = json.loads(place.run("-m", "bench.seed", str(wanted)))
    applicant = submit.logged_in(place, seeded)
    with Served(place, PRODUCT) as served:
        began = time.perf_counter()
        submit.send(served.port, applicant.requests(served.port, _FULL))
        rate = min(_FULL / (time.perf_counter() - began), _FASTEST) / 2
    on: list[float] = []
    off: list[float] = []
    for pair in range(PAIRS):
        for samples, arguments in ((off, ["--no-sealing"]), (on, [])):
            with Served(place, PRODUCT) as served, worker(place, *arguments):
                time.sleep(3)  # what the run before has left is sealed first, where it is sealed
                samples.append(_p95_ms(served.port, applicant, rate))
        print(f"  {pair + 1} of {PAIRS}: p95 {on[-1]:.1f} ms beside {off[-1]:.1f}", flush=True)
    ratios = [with_ / without for with_, without in zip(on, off, strict=True)]
    at = machine(rate=f"{rate:.0f}/s")
    return [
        Figure(
            name="evidence.sealing.p95",
            value=median(ratios),
            unit="times",
            limit=LIMIT,
            samples=ratios,
            machine=at,
        ),
        Figure(name="evidence.sealing.p95.on", value=median(on), unit="ms", samples=on, machine=at),
        Figure(
            name="evidence.sealing.p95.off", value=median(off), unit="ms", samples=off, machine=at
        ),
    ]


def _p95_ms(port: int, applicant: submit.Applicant, rate: float) -> float:
    """Submit at a steady rate, each on its own beat whatever the one before does."""
    requests = applicant.requests(port, int(rate * _SECONDS))
    took: list[float] = []
    began = time.perf_counter() + 0.1

    def client(first: int) -> None:
        wire = Wire(port)
        for number in range(first, len(requests), submit.CLIENTS):
            beat = began + number / rate
            time.sleep(max(0.0, beat - time.perf_counter()))
            answer = wire.exchange(requests[number])
            took.append(time.perf_counter() - beat)
            assert answer.status == 302, answer.status
        wire.close()

    threads = [threading.Thread(target=client, args=(one,)) for one in range(submit.CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(took) == len(requests)
    return quantiles(took, n=20)[18] * 1000
