"""Two governments' nodes on this machine, and cases that one takes in for the other to decide."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import quantiles
from typing import Any, Self
from urllib.parse import urlencode

from bench.figure import Figure, machine
from bench.served import HOMES, PRODUCT, ROOT, Place, Served, free_port
from bench.wire import Visitor, Wire, new_form_token

WARM, FULL, SECONDS = 100, 1500, 20
BACKLOG, HOPS = 10_000, 1_000
CASES_PER_S, VISIBLE_S, DRAIN_S, HOP = 60, 1, 240, 4
CLIENTS = 8
CLERK = "dachang.window"
_LOOK_EVERY_S = 0.02
_WITHIN_S = 900
_TICK = os.sysconf("SC_CLK_TCK")
_HOSTED = {"hebei": "130000", "beijing": "110000"}


@dataclass(slots=True)
class Worker:
    """A node's worker; use it as a context manager."""

    place: Place
    _process: "subprocess.Popen[bytes] | None" = None

    def __enter__(self) -> Self:
        """Start it."""
        with (self.place.home / "worker.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tongban.site.cli", "worker"],
                env=self.place.environment(0),
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(timeout=60)

    def cpu_s(self) -> float:
        """Return the seconds of CPU that it has used."""
        assert self._process is not None
        stat = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8")
        cells = stat.rpartition(")")[2].split()
        return (int(cells[11]) + int(cells[12])) / _TICK


@dataclass(slots=True)
class Pair:
    """Hebei's node, whose window takes in, and Beijing's, whose agency decides."""

    hebei: Place
    beijing: Place
    ports: dict[str, int] = field(default_factory=dict)

    @classmethod
    def ready(cls) -> Self:
        """Return two nodes that trust each other, as they were left by the last run."""
        places = []
        for name in _HOSTED:
            home = HOMES / f"nodes-{name}"
            home.mkdir(parents=True, exist_ok=True)
            places.append(Place("sqlite", home, "", node=name))
        hebei, beijing = places
        pair = cls(hebei, beijing, {name: free_port() for name in _HOSTED})
        for place in places:
            place.run("-m", "bench.seed", "0")
            address = f"http://127.0.0.1:{pair.ports[place.node]}"
            _command(place, "init", "--places", _HOSTED[place.node], "--address", address)
        for place, other in (places, reversed(places)):
            document = place.home / "other.node"
            document.write_text(_command(other, "show"), encoding="ascii")
            _command(place, "trust", str(document), "--yes")
        return pair

    def drafts(self, wanted: int, handed: int = 0) -> dict[str, Any]:
        """Bring Hebei to so many drafts, and so many cases that wait to be handed over."""
        made = self.hebei.run("-m", "bench.seed_received", str(wanted), str(handed))
        found: dict[str, Any] = json.loads(made)
        return found

    def served(self, place: Place) -> Served:
        """Return a node's web server, at the address that its document states."""
        return Served(place, PRODUCT, port=self.ports[place.node])

    def look(self, place: Place, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Read from a node's database."""
        file = place.home / "tongban.sqlite3"
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)
        try:
            return connection.execute(statement, values).fetchall()
        finally:
            connection.close()

    def count(self, place: Place, what: str) -> int:
        """Return how many rows there are: ``what`` is a table, with WHERE if need be."""
        return int(self.look(place, f"SELECT count(*) FROM {what}")[0][0])

    def unheard(self) -> int:
        """Return how many cases are not yet handed over for good."""
        return self.count(self.hebei, "cases_caseabroad WHERE answered_at IS NULL")

    def unsealed(self) -> int:
        """Return how many entries of both wait to be sealed."""
        return sum(self.count(one, "evidence_waiting") for one in (self.hebei, self.beijing))


def _command(place: Place, *words: str) -> str:
    return place.run("-m", "tongban.site.cli", "node", *words)


def measure() -> list[Figure]:
    """Return what two nodes do in a second, and how soon both see a case at half of that."""
    pair = Pair.ready()
    seeded = pair.drafts(WARM + FULL + CASES_PER_S * SECONDS)
    drafts = iter(seeded["drafts"])
    with _running(pair) as served:
        clerk = Visitor(served.port)
        clerk.log_in(CLERK)
        form = _form(clerk, seeded)

        def intakes(count: int) -> list[bytes]:
            return [_request(clerk, draft, form) for draft in islice(drafts, count)]

        _send(served.port, intakes(WARM))
        _until(lambda: not pair.unheard() and not pair.unsealed())
        rate = _rate(pair, served.port, intakes(FULL))
        half = rate / 2
        waited = _visible(pair, served.port, intakes(int(half * SECONDS)), half)
    on = machine()
    cuts = quantiles(waited, n=100)
    return [
        Figure(
            name="nodes.cases_per_s",
            value=rate,
            unit="1/s",
            limit=1,
            ratio=rate / CASES_PER_S,
            machine=on,
        ),
        Figure(
            name="nodes.visible.p99_s",
            value=cuts[98],
            unit="s",
            limit=VISIBLE_S,
            samples=waited,
            machine=on | {"rate": f"{half:.0f}/s"},
        ),
        Figure(name="nodes.visible.p50_s", value=cuts[49], unit="s", machine=on),
    ]


def measure_drain() -> list[Figure]:
    """Return how long a backlog takes once the other node is back, and what a case's hop costs.

    ``nodes.hop_cpu`` is the CPU of all processes from the waiting job to the other node's answer,
    beside signing, encrypting and writing the same rows bare.
    """
    pair = Pair.ready()
    pair.drafts(0, BACKLOG)
    began_with = pair.unheard()
    with Worker(pair.hebei) as worker, pair.served(pair.hebei) as served:
        _until(lambda: not pair.count(pair.hebei, "work_job WHERE name = 'cases.hand_over'"))
        with pair.served(pair.beijing) as other, Worker(pair.beijing) as others:
            began = time.perf_counter()
            _until(lambda: not pair.unheard())
            took = time.perf_counter() - began
            used = sum(one.cpu_s() for one in (worker, served, other, others))
    hop_ms, bare_ms = used / began_with * 1000, _bare_hop_ms(pair)
    on = machine(cases=str(began_with))
    return [
        Figure(name="nodes.drain_s", value=took, unit="s", limit=DRAIN_S, machine=on),
        Figure(name="nodes.hop_cpu", value=hop_ms / bare_ms, unit="times", limit=HOP, machine=on),
        Figure(name="nodes.hop_cpu.ms", value=hop_ms, unit="ms", machine=on),
        Figure(name="nodes.hop_cpu.bare_ms", value=bare_ms, unit="ms", machine=on),
    ]


def _bare_hop_ms(pair: Pair) -> float:
    """Return the CPU of the leanest hop of a case that has just crossed, on copies."""
    [[case]] = pair.look(
        pair.beijing, "SELECT case_id FROM cases_caseabroad ORDER BY case_id DESC LIMIT 1"
    )
    copies = []
    for place in (pair.hebei, pair.beijing):
        copy = place.home / "lean.sqlite3"
        copy.unlink(missing_ok=True)
        with (
            closing(sqlite3.connect(place.home / "tongban.sqlite3")) as here,
            closing(sqlite3.connect(copy)) as there,
        ):
            here.backup(there)
        copies.append(str(copy))
    found = pair.beijing.run("-m", "bench.lean_hop", *copies, case, str(HOPS))
    for name in copies:
        Path(name).unlink()
    return float(json.loads(found))


@contextmanager
def _running(pair: Pair) -> Iterator[Served]:
    """Run both nodes; yield Hebei's server."""
    with ExitStack() as stack:
        served = [stack.enter_context(pair.served(one)) for one in (pair.hebei, pair.beijing)]
        for one in (pair.hebei, pair.beijing):
            stack.enter_context(Worker(one))
        yield served[0]


def _form(clerk: Visitor, seeded: dict[str, Any]) -> dict[str, str]:
    """Return the fields of a complete intake, but for what differs from case to case."""
    page = f"/window/cases/{seeded['drafts'][0]}/intake/"
    told = {
        name: {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
        for name, value in seeded["form"].items()
    }
    return told | {
        "csrfmiddlewaretoken": clerk.fields(page)["csrfmiddlewaretoken"],
        "seq": "1",
        "originals.premises": "1",
        "presence": "document_seen",
        "consent": "true",
        "do": "finish",
    }


def _request(clerk: Visitor, draft: str, form: dict[str, str]) -> bytes:
    fields = form | {"form_token": new_form_token()}
    return clerk.request("POST", f"/window/cases/{draft}/intake/", urlencode(fields).encode())


def _send(port: int, requests: Sequence[bytes], rate: float = 0) -> dict[str, float]:
    """Send the requests, at a steady rate if one is given; return when each case was handed in."""
    sent: dict[str, float] = {}
    began = time.time() + 0.1

    def client(first: int) -> None:
        wire = Wire(port)
        for number in range(first, len(requests), CLIENTS):
            if rate:
                time.sleep(max(0.0, began + number / rate - time.time()))
            at = time.time()
            answer = wire.exchange(requests[number])
            assert answer.status == 302, answer.body.decode()[:4000]
            sent[requests[number].split(b"/", 4)[3].decode()] = at
        wire.close()

    threads = [threading.Thread(target=client, args=(first,)) for first in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == len(requests)
    return sent


def _rate(pair: Pair, port: int, requests: Sequence[bytes]) -> float:
    """Return cases a second, from the first request until all are seen and sealed in both."""
    began = time.perf_counter()
    _send(port, requests)
    print(f"  handed in after {time.perf_counter() - began:.1f} s", flush=True)
    _until(lambda: not pair.unheard())
    print(f"  seen in both after {time.perf_counter() - began:.1f} s", flush=True)
    _until(lambda: not pair.unsealed())
    took = time.perf_counter() - began
    print(f"  sealed in both after {took:.1f} s", flush=True)
    return len(requests) / took


def _visible(pair: Pair, port: int, requests: Sequence[bytes], rate: float) -> list[float]:
    """Return for each case the seconds from its request until both nodes show it as handed over."""
    seen: dict[str, float] = {}
    done = threading.Event()

    def watch() -> None:
        known = {row[0] for row in pair.look(pair.hebei, _HEARD)}
        over = False
        while not over:
            over = done.is_set() and not pair.unheard()
            now = time.time()
            found = {row[0] for row in pair.look(pair.hebei, _HEARD)} - known
            known |= found
            seen.update(dict.fromkeys(found, now))
            time.sleep(_LOOK_EVERY_S)

    watcher = threading.Thread(target=watch)
    watcher.start()
    sent = _send(port, requests, rate)
    done.set()
    watcher.join()
    return [seen[case_id] - at for case_id, at in sent.items()]


_HEARD = "SELECT case_id FROM cases_caseabroad WHERE answered_at IS NOT NULL"


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + _WITHIN_S
    while not done():
        if time.monotonic() > end:
            message = f"not done within {_WITHIN_S} s: the logs in {HOMES} say why"
            raise RuntimeError(message)
        time.sleep(0.1)
