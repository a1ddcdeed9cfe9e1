"""Complete submissions over HTTP, beside the leanest function that stores the same rows."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from statistics import median
from urllib.parse import urlencode

from bench.figure import Figure, machine
from bench.served import LEAN, PRODUCT, Place, Served, postgresql_version
from bench.wire import Visitor, Wire, new_form_token

PAIRS = 5
CLIENTS = 8
OF_PRODUCT, OF_LEAN, WARM = 300, 600, 40
RATIO = 0.3
APPLICANT = "ma.qinghe"


@dataclass(slots=True)
class Applicant:
    """Who submits: the session of a demo person, the drafts not yet used, each with its mark."""

    cookies: dict[str, str]
    token: str
    drafts: Iterator[tuple[str, str]]

    def requests(self, port: int, count: int) -> list[bytes]:
        """Return the bytes of the next ``count`` final POSTs, made before the clock runs."""
        visitor = Visitor(port, self.cookies)
        return [
            visitor.request(
                "POST", f"/cases/{draft}/check/", urlencode(self._fields(mark)).encode()
            )
            for draft, mark in islice(self.drafts, count)
        ]

    def _fields(self, mark: str) -> dict[str, str]:
        return {
            "csrfmiddlewaretoken": self.token,
            "form_token": new_form_token(),
            "seq": "1",
            "seen": mark,
            "consent": "true",
        }


def measure(kind: str) -> list[Figure]:
    """Return ``submit.<kind>`` and what lies behind it, for ``sqlite`` or ``pg``."""
    place = Place.of(kind)
    seeded = json.loads(
        place.run("-m", "bench.seed", str(PAIRS * (OF_PRODUCT + OF_LEAN + 2 * WARM)))
    )
    applicant = logged_in(place, seeded)
    own: list[tuple[float, float]] = []
    lean: list[tuple[float, float]] = []
    for pair in range(PAIRS):
        own.append(_run(Served(place, PRODUCT), applicant, OF_PRODUCT))
        lean.append(_run(Served(place, LEAN), applicant, OF_LEAN))
        print(
            f"  submit.{kind} {pair + 1} of {PAIRS}: {own[-1][0]:.0f}/s with {own[-1][1]:.1f} ms"
            f" of CPU beside {lean[-1][0]:.0f}/s with {lean[-1][1]:.1f} ms",
            flush=True,
        )
    return _figures(kind, own, lean)


def _figures(
    kind: str, own: list[tuple[float, float]], lean: list[tuple[float, float]]
) -> list[Figure]:
    on = machine(postgresql=postgresql_version()) if kind == "pg" else machine()
    rates, cpu_ms = map(list, zip(*own, strict=True))
    lean_rates, lean_cpu_ms = map(list, zip(*lean, strict=True))
    ratios = [mine / least for mine, least in zip(rates, lean_rates, strict=True)]
    figures = [
        ("", rates, "1/s", median(ratios)),
        (".cpu_ms", cpu_ms, "ms", None),
        (".lean", lean_rates, "1/s", None),
        (".lean_cpu_ms", lean_cpu_ms, "ms", None),
    ]
    return [
        Figure(
            name=f"submit.{kind}{name}",
            value=median(samples),
            unit=unit,
            limit=None if ratio is None else RATIO,
            ratio=ratio,
            samples=samples,
            machine=on,
        )
        for name, samples, unit, ratio in figures
    ]


def logged_in(place: Place, seeded: dict[str, object]) -> Applicant:
    """Log in once; the session outlives the server's restarts, and both servers get its bytes."""
    drafts = seeded["drafts"]
    assert isinstance(drafts, list)
    with Served(place, PRODUCT) as served:
        visitor = Visitor(served.port)
        visitor.log_in(APPLICANT)
        token = visitor.fields(f"/cases/{drafts[0][0]}/check/")["csrfmiddlewaretoken"]
        return Applicant(visitor.cookies, token, iter(drafts))


def _run(served: Served, applicant: Applicant, count: int) -> tuple[float, float]:
    """Submit ``count`` drafts; return submissions a second, and ms of server CPU for each."""
    with served:
        send(served.port, applicant.requests(served.port, WARM))
        requests = applicant.requests(served.port, count)
        cpu_s = served.cpu_s()
        began = time.perf_counter()
        send(served.port, requests)
        took = time.perf_counter() - began
        return count / took, (served.cpu_s() - cpu_s) / count * 1000


def send(port: int, requests: list[bytes]) -> None:
    """Send the requests over ``CLIENTS`` kept connections; each must be answered as submitted."""
    failed: list[str] = []

    def client(part: list[bytes]) -> None:
        wire = Wire(port)
        for request in part:
            answer = wire.exchange(request)
            if answer.status != 302 or "done=submitted" not in answer.headers["location"]:
                failed.append(f"{answer.status} {answer.headers} {answer.body.decode()[:4000]}")
        wire.close()

    threads = [
        threading.Thread(target=client, args=(requests[first::CLIENTS],))
        for first in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        message = f"{len(failed)} of {len(requests)} were not submitted; the first: {failed[0]}"
        raise RuntimeError(message)
