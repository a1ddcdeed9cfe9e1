"""A server under measurement: the product, or the lean function beside it, by the same granian."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
HOMES = ROOT / "var" / "bench"
PRODUCT = ("-m", "tongban.site.cli", "serve")
LEAN = ("-m", "bench.serve_lean")

_READY_WITHIN = 60
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Place:
    """A home and a database that are kept between runs, so that seeding goes on where it was."""

    kind: str
    home: Path
    database_url: str
    node: str = "local"

    @classmethod
    def of(cls, kind: str) -> Self:
        """Return the place of ``sqlite`` or ``pg``; the latter's database is made if need be."""
        home = HOMES / kind
        home.mkdir(parents=True, exist_ok=True)
        return cls(kind, home, _postgresql("bench") if kind == "pg" else "")

    @classmethod
    def new(cls, kind: str, name: str, node: str = "local") -> Self:
        """Return an empty, migrated place of that name; what an earlier run left is removed."""
        home = HOMES / f"{name}-{kind}"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        place = cls(kind, home, _postgresql(name, anew=True) if kind == "pg" else "", node)
        place.run("-m", "tongban.site.cli", "migrate")
        return place

    def environment(self, port: int) -> dict[str, str]:
        """Return the environment of its processes; the product's defaults but for these."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")
        }
        own = {
            "TONGBAN_HOME": str(self.home),
            "TONGBAN_HOST": "127.0.0.1",
            "TONGBAN_PORT": str(port),
            "TONGBAN_DEMO": "1",
            "TONGBAN_NODE": self.node,
            "TONGBAN_LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "tongban.site.settings",
            "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("", "src", "tests")),
        }
        if self.database_url:
            own["TONGBAN_DATABASE_URL"] = self.database_url
        return {**inherited, **own}

    def run(self, *arguments: str) -> str:
        """Run Python with these arguments in this place; return what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.environment(0),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout


def _postgresql(purpose: str, *, anew: bool = False) -> str:
    """Return the address of a database of the bench, made if it isn't there."""
    given = os.environ.get("TONGBAN_DATABASE_URL", "")
    if not given.startswith("postgres"):
        message = (
            "PostgreSQL needs TONGBAN_DATABASE_URL=postgresql://…; `make bench` finds a server"
        )
        raise SystemExit(message)
    parts = urlsplit(given)
    name = f"{parts.path.lstrip('/')}_{purpose}"
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as server:
        if anew:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if found is None:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlunsplit(parts._replace(path=f"/{name}"))


def postgresql_version() -> str:
    """Return the version of the server, "" when there is none."""
    given = os.environ.get("TONGBAN_DATABASE_URL", "")
    if not given.startswith("postgres"):
        return ""
    with psycopg.connect(
        urlunsplit(urlsplit(given)._replace(path="/postgres")), autocommit=True
    ) as server:
        found = server.execute("SHOW server_version").fetchone()
        return str(found[0]) if found else ""


@dataclass(slots=True)
class Served:
    """A server that runs; use it as a context manager."""

    place: Place
    command: tuple[str, ...]
    port: int = 0
    _process: "subprocess.Popen[bytes] | None" = None
    _log: Path = field(default=Path("serve.log"))

    def __enter__(self) -> Self:
        """Start it, at a free port unless one was asked for, and wait until it answers."""
        self.port = self.port or free_port()
        self._log = self.place.home / "serve.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self.command],
                env=self.place.environment(self.port),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + _READY_WITHIN
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                text = self._log.read_text(encoding="utf-8", errors="replace")
                self.__exit__()
                message = f"{' '.join(self.command)} is not ready:\n{text[-2000:]}"
                raise RuntimeError(message)
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it with its children."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def cpu_s(self) -> float:
        """Return the seconds of CPU that its processes have used."""
        return sum(ticks for _, ticks in self._members()) / _TICK

    def rss_mb(self) -> float:
        """Return the resident memory of its web worker in MB (10**6 bytes)."""
        parent = self._process.pid if self._process is not None else 0
        sizes = [
            int(line.split()[1]) * 1024 / 1e6
            for pid, _ in self._members()
            if pid != parent
            for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
            if line.startswith("VmRSS:")
        ]
        return max(sizes)

    def _members(self) -> list[tuple[int, int]]:
        """Return pid and CPU ticks of each process of the server's own group."""
        assert self._process is not None
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                cells = path.read_text(encoding="utf-8").rpartition(")")[2].split()
            except OSError:
                continue
            if int(cells[2]) == self._process.pid:
                found.append((int(path.parent.name), int(cells[11]) + int(cells[12])))
        return found

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()


def free_port() -> int:
    """Return a port of this machine that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
