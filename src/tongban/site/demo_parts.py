"""What demos of several nodes on one machine have in common."""

import fcntl
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

from django.conf import settings

from tongban.site import node
from tongban.site.environment import Misconfigured
from tongban.site.ports import is_ready
from tongban.site.supervise import Child, Children

HOST = "127.0.0.1"
_READY_WITHIN = 120.0
_LOOK_EVERY = 0.2
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoNode:
    """One of them: its name, its home, the port that it listens at."""

    name: str
    home: Path
    port: int

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://{HOST}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Return what its processes are started with."""
        kept = {name: value for name, value in os.environ.items() if name[:8] != "TONGBAN_"}
        return kept | {
            "TONGBAN_HOME": str(self.home),
            "TONGBAN_NODE": self.name,
            "TONGBAN_HOST": HOST,
            "TONGBAN_PORT": str(self.port),
            "TONGBAN_DEMO": "1",
            "TONGBAN_PROCESSES": "1",
            "TONGBAN_REGION": settings.REGION,
            "TONGBAN_LOG_SUITE": settings.LOG_SUITE,
        }

    def child(self, name: str) -> Child:
        """Return what runs one of its commands, with its output in a file of its home."""
        return Child(node.command(name), self.environment, self.home / f"{name}.log")


class Stopped(Exception):  # noqa: N818 - asked for, or told already
    """It goes no further; ``code`` is the exit code."""

    def __init__(self, code: int) -> None:
        """Take the exit code."""
        super().__init__(code)
        self.code = code


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold the folder: two at once would take each other's ports for their witnesses'."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / "lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"the demo runs already in {home}: stop it, or set TONGBAN_HOME."
            raise Misconfigured(message) from None
        yield


def free_nodes(home: Path, names: Sequence[str]) -> list[DemoNode]:
    """Return nodes of these names, each with a port that is free now."""
    probes = [socket.create_server((HOST, 0)) for _ in names]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return [DemoNode(name, home / name, port) for name, port in zip(names, ports, strict=True)]


def wait(children: Children, one: DemoNode) -> None:
    """Wait until a node answers; Stopped when asked to, or when it never does."""
    deadline = time.monotonic() + _READY_WITHIN
    while not is_ready(HOST, one.port):
        if time.monotonic() > deadline:
            tell(f"{one.name} did not become ready: {one.home / 'serve.log'} says why")
            raise Stopped(1)
        rest(children)
    tell(f"  {one.name} is ready")


def rest(children: Children) -> None:
    """Pass a moment and look after them; Stopped when asked to, or when one can't live."""
    if children.asked_to_stop:
        raise Stopped(0)
    if not children.revive(tell):
        raise Stopped(1)
    time.sleep(_LOOK_EVERY)


def text_of(port: int, path: str) -> str:
    """Return what a node shows at an address; Stopped where it is not there."""
    connection = HTTPConnection(HOST, port, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read().decode()
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        tell(f"http://{HOST}:{port}{path} answered {answer.status}")
        raise Stopped(1)
    return text.strip()


def tell(line: str) -> None:
    """Say it at once."""
    print(line, flush=True)
