"""CPU of the five main pages, and the memory of a web worker after a thousand requests."""

import json
from statistics import median

from bench.figure import Figure, machine
from bench.served import PRODUCT, Place, Served
from bench.wire import Visitor

REQUESTS = 200
WARM = 20
CPU_MS = 20.0
RSS_MB = 200.0
OFFICER = "tongzhou.officer"


def measure() -> list[Figure]:
    """Return ``page.cpu_ms`` with each page's own, and ``process.rss_mb``."""
    place = Place.of("sqlite")
    seeded = json.loads(place.run("-m", "bench.seed", "2"))
    submitted = place.run("-m", "bench.seed_case").strip()
    draft, _ = seeded["drafts"][-1]
    with Served(place, PRODUCT) as served:
        applicant, officer = Visitor(served.port), Visitor(served.port)
        applicant.log_in("ma.qinghe")
        officer.log_in(OFFICER)
        pages = {
            "home": (applicant, "/"),
            "guide": (applicant, f"/matters/{seeded['edition']}/"),
            "edit": (applicant, f"/cases/{draft}/edit/"),
            "case": (applicant, f"/cases/{submitted}/"),
            "desk": (officer, f"/desk/cases/{submitted}/"),
        }
        cpu_ms = {name: _cpu_ms(served, *page) for name, page in pages.items()}
        rss_mb = served.rss_mb()
    on = machine()
    each = [
        Figure(name=f"page.cpu_ms.{name}", value=value, unit="ms", machine=on)
        for name, value in cpu_ms.items()
    ]
    return [
        Figure(
            name="page.cpu_ms",
            value=median(cpu_ms.values()),
            unit="ms",
            limit=CPU_MS,
            samples=list(cpu_ms.values()),
            machine=on,
        ),
        *each,
        Figure(name="process.rss_mb", value=rss_mb, unit="MB", limit=RSS_MB, machine=on),
    ]


def _cpu_ms(served: Served, visitor: Visitor, path: str) -> float:
    """Return the server's CPU for one request of a page, over ``REQUESTS`` of them."""
    _read(visitor, path, WARM)
    before = served.cpu_s()
    _read(visitor, path, REQUESTS)
    return (served.cpu_s() - before) / REQUESTS * 1000


def _read(visitor: Visitor, path: str, times: int) -> None:
    for _ in range(times):
        answer = visitor.get(path)
        if answer.status != 200:
            message = f"{path}: {answer.status}"
            raise RuntimeError(message)
