"""A real node for a test: ``tongban serve`` and ``tongban worker`` as processes of their own."""

import contextlib
import http.client
import os
import secrets
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

_READY_WITHIN = 90
_STOPPED_WITHIN = 15


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Node:
    """One running node with a home and a database of its own; use it as a context manager.

    ``variables`` are added to its environment. Its output is in ``home/serve.log`` and
    ``home/worker.log``.
    """

    home: Path
    variables: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=_free_port)
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _database: str | None = None

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its processes."""
        own = {
            "TONGBAN_HOME": str(self.home),
            "TONGBAN_HOST": "127.0.0.1",
            "TONGBAN_PORT": str(self.port),
            "TONGBAN_DEMO": "1",
            "TONGBAN_PROCESSES": "1",  # several nodes run beside one another
        }
        if self._database is not None:
            own["TONGBAN_DATABASE_URL"] = self._database
        return {**_inherited(), **own, **self.variables}

    def __enter__(self) -> Self:
        """Make the database, migrate, load the region and start both processes."""
        self.home.mkdir(parents=True, exist_ok=True)
        self._make_database()
        try:
            self.command("migrate")
            self.command("region", "--apply")
            self.start("serve")
            self.start("worker")
            self.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop both processes and drop the database."""
        for name in list(self._processes):
            self.stop(name)
        self._drop_database()

    def command(self, *arguments: str) -> str:
        """Run ``tongban`` with these arguments and return what it printed; fail if it failed."""
        done = subprocess.run(
            [sys.executable, "-m", "tongban.site.cli", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            message = (
                f"tongban {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
            )
            raise AssertionError(message)
        return done.stdout

    def start(self, name: str) -> None:
        """Start ``serve`` or ``worker``."""
        with (self.home / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", "tongban.site.cli", name],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that a kill takes its children too
            )

    def kill(self, name: str) -> None:
        """Kill ``serve`` or ``worker`` and all its children at once, without a chance to tidy."""
        process = self._processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=_STOPPED_WITHIN)

    def stop(self, name: str) -> None:
        """Ask it to stop; kill it when it doesn't."""
        process = self._processes[name]
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_STOPPED_WITHIN)
        self.kill(name)

    def wait_until_ready(self) -> None:
        """Wait until /healthz answers 200; fail with the log when it doesn't or a process ended."""
        deadline = time.monotonic() + _READY_WITHIN
        while time.monotonic() < deadline:
            if self._answers():
                return
            for name, process in self._processes.items():
                if process.poll() is not None:
                    message = f"{name} ended with {process.returncode}: {self.log(name)}"
                    raise AssertionError(message)
            time.sleep(0.05)
        message = f"/healthz did not answer 200: {self.log('serve')}"
        raise AssertionError(message)

    def log(self, name: str) -> str:
        """Return the end of what a process printed."""
        path = self.home / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace")[-4000:] if path.exists() else ""

    def fetched(self, path: str) -> str:
        """Return what the node shows at an address to anybody; fail where it isn't there."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8")
        finally:
            connection.close()
        assert answer.status == http.HTTPStatus.OK, f"{path}: {answer.status}"
        return text.strip()

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    def _make_database(self) -> None:
        given = os.environ.get("TONGBAN_DATABASE_URL", "")
        if not given.startswith("postgres"):
            return
        parts = urlsplit(given)
        name = f"{parts.path.lstrip('/')}_node_{secrets.token_hex(4)}"
        with psycopg.connect(
            urlunsplit(parts._replace(path="/postgres")), autocommit=True
        ) as server:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        self._database = urlunsplit(parts._replace(path=f"/{name}"))

    def _drop_database(self) -> None:
        if self._database is None:
            return
        parts = urlsplit(self._database)
        with psycopg.connect(
            urlunsplit(parts._replace(path="/postgres")), autocommit=True
        ) as server:
            server.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                    sql.Identifier(parts.path.lstrip("/"))
                )
            )
        self._database = None


def _inherited() -> dict[str, str]:
    """Return this process's environment without the product's variables and the tests' own."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TONGBAN_", "PYTEST_")) and name != "DJANGO_SETTINGS_MODULE"
    }
