"""One log and three witnesses on this machine: ``tongban demo witnesses``.

Four nodes with homes of their own, each a web server on a free port of loopback; the log's has the
worker that seals, and the region's made-up people. This process is on the log's node: it prepares
it, chooses its witnesses by the operator's command, and looks at how its log stands.
"""

import fcntl
import os
import shlex
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

from django.conf import settings
from django.db import connections

from tongban.evidence import api as evidence
from tongban.evidence.api import LogStatus
from tongban.site import cli, node, prepare, region
from tongban.site.environment import Misconfigured
from tongban.site.ports import is_ready
from tongban.site.supervise import Child, Children
from tongban.site.tour import people
from tongban.site.tour.browser import Browser

_HOST = "127.0.0.1"
_WITNESSES = {"dachang": "大厂", "wuqing": "武清", "notary": "公证处"}
_READY_WITHIN = 120.0
_COSIGNED_WITHIN = 120.0
_LOOK_EVERY = 0.2
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Node:
    """One of the four: its name, its home, the port that it listens at."""

    name: str
    home: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Return what its processes are started with."""
        kept = {name: value for name, value in os.environ.items() if name[:8] != "TONGBAN_"}
        return kept | {
            "TONGBAN_HOME": str(self.home),
            "TONGBAN_NODE": self.name,
            "TONGBAN_HOST": _HOST,
            "TONGBAN_PORT": str(self.port),
            "TONGBAN_DEMO": "1",
            "TONGBAN_PROCESSES": "1",
            "TONGBAN_REGION": settings.REGION,
            "TONGBAN_LOG_SUITE": settings.LOG_SUITE,
        }

    def child(self, name: str) -> Child:
        return Child(node.command(name), self.environment, self.home / f"{name}.log")


class _Stopped(Exception):  # noqa: N818 - asked for, or told already
    """It goes no further; ``code`` is the exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def show(home: Path, *, entries: int, once: bool) -> int:
    """Start the four, make them know one another, enter something, tell each change."""
    with _alone(home):
        log, *witnesses = _nodes(home)
        _tell(f"a log and three witnesses, in {home}")
        _prepare([log, *witnesses])
        with Children({one.name: one.child("serve") for one in (log, *witnesses)}) as children:
            try:
                for one in (log, *witnesses):
                    _wait(children, one)
                _choose(witnesses)
                _welcome(log, witnesses)
                children.add(f"{log.name}'s worker", log.child("worker"))
                goal = _enter(log, entries)
                _watch(children, witnesses, until=goal if once else None)
            except _Stopped as stopped:
                return stopped.code
        return 0


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold the folder: two at once would take each other's ports for their witnesses'."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / "lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"the demo runs already in {home}: stop it, or set TONGBAN_HOME."
            raise Misconfigured(message) from None
        yield


def _nodes(home: Path) -> list[_Node]:
    """Return the log's node and the witnesses', each with a port that is free now."""
    names = [settings.NODE, *_WITNESSES]
    probes = [socket.create_server((_HOST, 0)) for _ in names]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return [_Node(name, home / name, port) for name, port in zip(names, ports, strict=True)]


def _prepare(nodes: Sequence[_Node]) -> None:
    """Bring all four up to date at once, this one with the region."""
    _tell("preparing four nodes")
    running = {}
    try:
        for one in nodes[1:]:
            one.home.mkdir(exist_ok=True, mode=0o700)
            logs = one.home / "witness" / "logs"
            logs.parent.mkdir(exist_ok=True, mode=0o700)
            logs.touch()  # so the operator makes a node a witness
            with (one.home / "migrate.log").open("wb") as output:
                running[one] = subprocess.Popen(  # noqa: S603 - our own command
                    node.command("migrate"), env=one.environment, stdout=output, stderr=output
                )
        prepare.migrate(_step)
        prepare.collect_static(_step)
        region.load_when_changed(_step)
        if not evidence.status().logs:
            evidence.seal_once()  # the log begins: its witnesses need its key
        connections.close_all()
        for one, process in running.items():
            if process.wait() != 0:
                message = f"{one.name} could not be prepared: {one.home / 'migrate.log'} says why"
                raise Misconfigured(message)
            _tell(f"  {one.name} is prepared")
    finally:
        for process in running.values():
            if process.poll() is None:
                process.terminate()
                process.wait()


def _choose(witnesses: Sequence[_Node]) -> None:
    """Choose the log's witnesses as an operator does, by the keys that they hand out."""
    words = []
    for line in evidence.propose_policy().witnesses:
        words += ["--remove", line.name]  # of an earlier time, at another port
    for one in witnesses:
        vkey = _text(one.port, "/witness/vkey")
        words += ["--add", f"{one.name}={vkey}@{one.url}/witness"]
    _tell(f"\n$ tongban evidence witnesses {shlex.join(words)} --apply")
    code = cli.main(["evidence", "witnesses", *words, "--apply"])
    if code != 0:
        raise _Stopped(code)


def _introduce(vkey: str, witnesses: Sequence[_Node]) -> None:
    """Put the log's key into each ``witness/logs``, as the other operators do."""
    for one in witnesses:
        logs = one.home / "witness" / "logs"
        if vkey not in logs.read_text(encoding="utf-8").split("\n"):
            with logs.open("a", encoding="utf-8") as file:
                file.write(f"{vkey}\n")


def _welcome(log: _Node, witnesses: Sequence[_Node]) -> None:
    _tell("\n通办 Tongban: a log and its witnesses   (Ctrl-C stops them)")
    _tell(f"  {log.name:<10} the log, 通州  {log.url}/status/")
    for one in witnesses:
        _tell(f"  {one.name:<10} a witness, {_WITNESSES[one.name]}  {one.url}/witness/vkey")
    _tell(f"whatever you do at {log.url}/login/ becomes an entry\n")


def _enter(log: _Node, entries: int) -> int:
    """Have a made-up clerk sign in so many times; return which size of the log holds it all."""
    found = evidence.status()
    begun = found.logs[-1].size + found.waiting
    for number in range(1, entries + 1):
        people.log_in(Browser(log.url), people.DACHANG.clerk)
        _tell(f"entered: {people.DACHANG.clerk.name} signs in ({number} of {entries})")
    return begun + entries


def _watch(children: Children, witnesses: Sequence[_Node], *, until: int | None) -> None:
    """Tell each change of the log until asked to stop, or until so much of it has its quorum."""
    told = vkey = ""
    deadline = time.monotonic() + _COSIGNED_WITHIN
    while True:
        found = evidence.status()
        log = found.logs[-1]
        if log.vkey != vkey:  # a new year's, or one that was rotated
            vkey = log.vkey
            _introduce(vkey, witnesses)
        line = f"STOPPED: {found.trouble}" if found.trouble else _line(log)
        if line != told:
            _tell(f"{time.strftime('%T')}  {line}")
            told = line
        if until is not None and log.published >= until and log.quorum_reached:
            return
        if until is not None and time.monotonic() > deadline:
            _tell(f"the quorum was not reached in {_COSIGNED_WITHIN:.0f} s")
            raise _Stopped(1)
        _rest(children)


def _line(log: LogStatus) -> str:
    """Say what the published checkpoint holds and who has cosigned it."""
    names = ", ".join(log.cosigned_by) or "nobody yet"
    needed = 0 if log.quorum is None else log.quorum.needed
    reached = "reached" if len(log.cosigned_by) >= needed else "not reached"
    return (
        f"checkpoint: {log.published} entries, cosigned by {names}; "
        f"quorum {needed} of {len(log.witnesses)} {reached}"
    )


def _wait(children: Children, one: _Node) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while not is_ready(_HOST, one.port):
        if time.monotonic() > deadline:
            _tell(f"{one.name} did not become ready: {one.home / 'serve.log'} says why")
            raise _Stopped(1)
        _rest(children)
    _tell(f"  {one.name} is ready")


def _rest(children: Children) -> None:
    """Pass a moment and look after the four; _Stopped when asked to, or when one can't live."""
    if children.asked_to_stop:
        raise _Stopped(0)
    if not children.revive(_tell):
        raise _Stopped(1)
    time.sleep(_LOOK_EVERY)


def _text(port: int, path: str) -> str:
    connection = HTTPConnection(_HOST, port, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read().decode()
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        _tell(f"http://{_HOST}:{port}{path} answered {answer.status}")
        raise _Stopped(1)
    return text.strip()


def _tell(line: str) -> None:
    print(line, flush=True)


def _step(line: str) -> None:
    _tell(f"  {settings.NODE}: {line}")
