"""One log and three witnesses on this machine: ``tongban demo witnesses``.

Four nodes with homes of their own, each a web server on a free port of loopback; the log's has the
worker that seals, and the region's made-up people. This process is on the log's node: it prepares
it, chooses its witnesses by the operator's command, and looks at how its log stands.
"""

import shlex
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.db import connections

from tongban.evidence import api as evidence
from tongban.evidence.api import LogStatus
from tongban.site import cli, node, prepare, region
from tongban.site.demo_parts import (
    DemoNode,
    Stopped,
    alone,
    free_nodes,
    rest,
    tell,
    text_of,
    wait,
)
from tongban.site.environment import Misconfigured
from tongban.site.supervise import Children
from tongban.site.tour import people
from tongban.site.tour.browser import Browser

_WITNESSES = {"dachang": "大厂", "wuqing": "武清", "notary": "公证处"}
_COSIGNED_WITHIN = 120.0


def show(home: Path, *, entries: int, once: bool) -> int:
    """Start the four, make them know one another, enter something, tell each change."""
    with alone(home):
        log, *witnesses = free_nodes(home, [settings.NODE, *_WITNESSES])
        tell(f"a log and three witnesses, in {home}")
        _prepare([log, *witnesses])
        with Children({one.name: one.child("serve") for one in (log, *witnesses)}) as children:
            try:
                for one in (log, *witnesses):
                    wait(children, one)
                _choose(witnesses)
                _welcome(log, witnesses)
                children.add(f"{log.name}'s worker", log.child("worker"))
                goal = _enter(log, entries)
                _watch(children, witnesses, until=goal if once else None)
            except Stopped as stopped:
                return stopped.code
        return 0


def _prepare(nodes: Sequence[DemoNode]) -> None:
    """Bring all four up to date at once, this one with the region."""
    tell("preparing four nodes")
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
            tell(f"  {one.name} is prepared")
    finally:
        for process in running.values():
            if process.poll() is None:
                process.terminate()
                process.wait()


def _choose(witnesses: Sequence[DemoNode]) -> None:
    """Choose the log's witnesses as an operator does, by the keys that they hand out."""
    words = []
    for line in evidence.propose_policy().witnesses:
        words += ["--remove", line.name]  # of an earlier time, at another port
    for one in witnesses:
        vkey = text_of(one.port, "/witness/vkey")
        words += ["--add", f"{one.name}={vkey}@{one.url}/witness"]
    tell(f"\n$ tongban evidence witnesses {shlex.join(words)} --apply")
    code = cli.main(["evidence", "witnesses", *words, "--apply"])
    if code != 0:
        raise Stopped(code)


def _introduce(vkey: str, witnesses: Sequence[DemoNode]) -> None:
    """Put the log's key into each ``witness/logs``, as the other operators do."""
    for one in witnesses:
        logs = one.home / "witness" / "logs"
        if vkey not in logs.read_text(encoding="utf-8").split("\n"):
            with logs.open("a", encoding="utf-8") as file:
                file.write(f"{vkey}\n")


def _welcome(log: DemoNode, witnesses: Sequence[DemoNode]) -> None:
    tell("\n通办 Tongban: a log and its witnesses   (Ctrl-C stops them)")
    tell(f"  {log.name:<10} the log, 通州  {log.url}/status/")
    for one in witnesses:
        tell(f"  {one.name:<10} a witness, {_WITNESSES[one.name]}  {one.url}/witness/vkey")
    tell(f"whatever you do at {log.url}/login/ becomes an entry\n")


def _enter(log: DemoNode, entries: int) -> int:
    """Have a made-up clerk sign in so many times; return which size of the log holds it all."""
    found = evidence.status()
    begun = found.logs[-1].size + found.waiting
    for number in range(1, entries + 1):
        people.log_in(Browser(log.url), people.DACHANG.clerk)
        tell(f"entered: {people.DACHANG.clerk.name} signs in ({number} of {entries})")
    return begun + entries


def _watch(children: Children, witnesses: Sequence[DemoNode], *, until: int | None) -> None:
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
            tell(f"{time.strftime('%T')}  {line}")
            told = line
        if until is not None and log.published >= until and log.quorum_reached:
            return
        if until is not None and time.monotonic() > deadline:
            tell(f"the quorum was not reached in {_COSIGNED_WITHIN:.0f} s")
            raise Stopped(1)
        rest(children)


def _line(log: LogStatus) -> str:
    """Say what the published checkpoint holds and who has cosigned it."""
    names = ", ".join(log.cosigned_by) or "nobody yet"
    needed = 0 if log.quorum is None else log.quorum.needed
    reached = "reached" if len(log.cosigned_by) >= needed else "not reached"
    return (
        f"checkpoint: {log.published} entries, cosigned by {names}; "
        f"quorum {needed} of {len(log.witnesses)} {reached}"
    )


def _step(line: str) -> None:
    tell(f"  {settings.NODE}: {line}")
