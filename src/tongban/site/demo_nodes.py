"""Four governments' nodes on this machine: ``tongban demo nodes``.

Each has a home, a database, a web server, a worker and a log of its own. They are made known to one
another by their operators' commands, and each log is witnessed by the other three. This process is
on none of them: it starts them, and tells what goes to and fro.
"""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tongban.site import node
from tongban.site.demo_parts import DemoNode, Stopped, alone, free_nodes, rest, tell, text_of, wait
from tongban.site.environment import Misconfigured
from tongban.site.supervise import Children
from tongban.site.tour import journeys

HOSTED: Mapping[str, tuple[str, Sequence[str]]] = {
    "beijing": ("北京", ["110000"]),
    "tianjin": ("天津", ["120000"]),
    "hebei": ("河北", ["130000"]),
    "xiongan": ("雄安", ["zone-xiongan", "130629", "130632", "130638"]),
}
"""The places of each; Xiongan's claim is narrower than Hebei's, and wins."""
_TOUR = {"110112": "beijing", "131028": "hebei"}
_AGREEMENT = "agreement-tongzhou-dachang"
_SIGNED_WITHIN = 60.0
_QUORUM_WITHIN = 60.0


def show(home: Path, *, once: bool) -> int:
    """Start the four and let them run; with ``once`` walk the tour over them, check all, stop."""
    with alone(home):
        nodes = free_nodes(home, list(HOSTED))
        tell(f"four governments' nodes, in {home}")
        _all(nodes, "migrate")
        _all(nodes, "region", "--apply")
        for one in nodes:  # what makes a node a witness, and its log begin
            (one.home / "witness").mkdir(exist_ok=True, mode=0o700)
            (one.home / "witness" / "logs").touch()
        _all([one for one in nodes if not list(_vkeys(one))], "worker", "--once")
        with Children({one.name: one.child("serve") for one in nodes}) as children:
            try:
                for one in nodes:
                    wait(children, one)
                _introduce(nodes)
                for one in nodes:
                    children.add(f"{one.name}'s worker", one.child("worker"))
                _agree(nodes, children)
                _welcome(nodes)
                if once:
                    return _walk(nodes, children)
                while True:
                    rest(children)
            except Stopped as stopped:
                return stopped.code


def _all(nodes: Sequence[DemoNode], *words: str) -> None:
    """Run a command on each node, two at a time."""
    if nodes:
        tell(f"\n$ tongban {' '.join(words)}   # on each")
    for pair in (nodes[:2], nodes[2:]):
        running = []
        for one in pair:
            one.home.mkdir(exist_ok=True, mode=0o700)
            output = (one.home / "prepare.log").open("ab")
            running.append(
                subprocess.Popen(  # noqa: S603 - our own command
                    node.command(*words), env=one.environment, stdout=output, stderr=output
                )
            )
            output.close()
        for one, process in zip(pair, running, strict=True):
            if process.wait() != 0:
                message = f"{one.name}: {one.home / 'prepare.log'} says what went wrong"
                raise Misconfigured(message)
            tell(f"  {one.name}: done")


def _introduce(nodes: Sequence[DemoNode]) -> None:
    """Make the nodes known to one another, and witnesses of one another's logs."""
    for one in nodes:
        places = ",".join(HOSTED[one.name][1])
        _run(one, "node", "init", "--places", places, "--address", one.url)
        document = one.home.parent / f"{one.name}.node"
        document.write_text(f"{text_of(one.port, '/node/document')}\n", encoding="ascii")
    vkeys = {one.name: _log_key(one) for one in nodes}
    for one in nodes:
        others = [other for other in nodes if other is not one]
        for other in others:
            _run(one, "node", "trust", str(one.home.parent / f"{other.name}.node"), "--yes")
        lines = "".join(f"{vkeys[other.name]}\n" for other in others)
        (one.home / "witness" / "logs").write_text(lines, encoding="utf-8")
        (one.home / "log" / "policy").unlink(missing_ok=True)  # of another time, at other ports
        witnesses = []
        for other in others:
            vkey = text_of(other.port, "/witness/vkey")
            witnesses += ["--add", f"{other.name}={vkey}@{other.url}/witness"]
        _run(one, "evidence", "witnesses", *witnesses, "--apply")


def _agree(nodes: Sequence[DemoNode], children: Children) -> None:
    """Have both operators sign the agreement that their cases go by, and wait until both know."""
    two = [_named(nodes, name) for name in dict.fromkeys(_TOUR.values())]
    for one in two:
        if f"{_AGREEMENT}: waiting" in _run(one, "agreement", "show", _AGREEMENT):
            tell(f"{one.name}$ tongban agreement sign {_AGREEMENT}")
            _run(one, "agreement", "sign", _AGREEMENT, may_fail=True)  # signed in an earlier run
    end = time.monotonic() + _SIGNED_WITHIN
    while not all(
        f"{_AGREEMENT}: in_force" in _run(one, "agreement", "show", _AGREEMENT) for one in two
    ):
        if time.monotonic() > end:
            tell(f"{_AGREEMENT} is not in force on both within {_SIGNED_WITHIN:.0f} s")
            raise Stopped(1)
        rest(children)


def _log_key(one: DemoNode) -> str:
    return max(_vkeys(one)).read_text(encoding="ascii").strip()


def _vkeys(one: DemoNode) -> Iterator[Path]:
    """Yield the key of each log that a node has begun."""
    yield from (one.home / "log").glob("*/vkey")


def _run(one: DemoNode, *words: str, may_fail: bool = False) -> str:
    """Run a command on one node as its operator does; Stopped where it fails and may not."""
    done = subprocess.run(  # noqa: S603 - our own command
        node.command(*words), env=one.environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0 and not may_fail:
        tell(f"{one.name}$ tongban {' '.join(words)}\n{done.stdout}{done.stderr}")
        raise Stopped(1)
    return done.stdout


def _welcome(nodes: Sequence[DemoNode]) -> None:
    tell("\n通办 Tongban: four nodes   (Ctrl-C stops them)")
    for one in nodes:
        title, places = HOSTED[one.name]
        tell(f"  {one.name:<8} {title}  {one.url}/login/  hosts {', '.join(places)}")
        tell(f"           what flows: {one.url}/flow/?every=5")
    where = {code: _named(nodes, name).url for code, name in _TOUR.items()}
    (nodes[0].home.parent / "addresses.json").write_text(json.dumps(where), encoding="ascii")
    tell("a walk over them: tongban tour --nodes\n")


def _named(nodes: Sequence[DemoNode], name: str) -> DemoNode:
    return next(one for one in nodes if one.name == name)


def _walk(nodes: Sequence[DemoNode], children: Children) -> int:
    """Walk the tour, then check every node, its log, and that nothing waits."""
    addresses = {code: _named(nodes, name).url for code, name in _TOUR.items()}
    report = journeys.run(nodes[0].url, tell, nodes=addresses)
    tell(report.summary())
    if not report.ok:
        return 1
    end = time.monotonic() + _QUORUM_WITHIN
    for one in nodes:
        while (
            "NOT reached" in (status := _run(one, "evidence", "status", may_fail=True))
            or "waiting: 0" not in status
        ):
            if time.monotonic() > end:
                tell(f"{one.name}: {status}")
                return 1
            rest(children)
        _run(one, "verify")
        peers = [line for line in _run(one, "node", "peers").splitlines() if "wait" in line]
        tell(f"{one.name}: verified; {'; '.join(peers).strip() or 'nothing waits to be sent'}")
        tell(f"  {status.splitlines()[0]}; {status.splitlines()[1].strip()}")
    return 0
