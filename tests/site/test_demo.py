"""``tongban demo witnesses``, played: four real nodes, and nobody left behind."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from evidence.core.small_log import suites
from tongban.evidence.core.keys import NoteKey
from tongban.evidence.core.note import Note
from tongban.evidence.core.policy import LogLine, Policy, evaluate

NAMES = ["tongzhou", "dachang", "wuqing", "notary"]
REACHED = r"checkpoint: (\d+) entries, cosigned by dachang, wuqing, notary; quorum 3 of 3 reached"


@contextmanager
def started(home: Path, *options: str, **variables: str) -> Iterator["subprocess.Popen[str]"]:
    environment = {name: value for name, value in os.environ.items() if name[:8] != "TONGBAN_"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tongban.site.cli", "demo", "witnesses", *options],
        env={**environment, "TONGBAN_HOME": str(home), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with process:
        yield process
        process.terminate()


def until(process: "subprocess.Popen[str]", what: str) -> str:
    """Read on to the line that holds it, and return all that was read."""
    assert process.stdout is not None
    read = ""
    for line in process.stdout:
        read += line
        if re.search(what, line):
            return read
    message = f"it ended without {what!r}:\n{read}"
    raise AssertionError(message)


def ports(told: str) -> list[int]:
    found = [
        int(port)
        for port in re.findall(r"^  \w+ +(?:the log|a witness).*:(\d+)/", told, flags=re.MULTILINE)
    ]
    assert len(set(found)) == 4
    return found


def listening(told: str) -> list[int]:
    found = []
    for port in ports(told):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                found.append(port)
    return found


def left_behind(home: Path) -> list[str]:
    """Return the processes that have their home in there."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"TONGBAN_HOME={home}".encode() in path.read_bytes():
                found.append((path.parent / "cmdline").read_text().replace("\0", " "))
    return found


def check_published(home: Path) -> int:
    """Hold the published checkpoint against the policy and the log's key; return its size."""
    (shown,) = (home / "log").glob("*/checkpoint")
    log = LogLine(NoteKey.parse((shown.parent / "vkey").read_text().strip()))
    chosen = Policy.parse((home / "log" / "policy").read_bytes())
    policy = Policy((log,), chosen.witnesses, chosen.groups, chosen.quorum)
    verdict = evaluate(Note.parse(shown.read_bytes()), policy, suites)
    assert [line.name for line, _ in verdict.cosigned] == NAMES[1:]
    assert verdict.quorum_reached
    return verdict.checkpoint.size


def test_three_witnesses_cosign_what_is_entered_and_all_end_with_the_demo(tmp_path: Path) -> None:
    home = tmp_path / "demo-witnesses" / "tongzhou"
    with started(tmp_path, "--once", "--entries", "2") as process:
        told = until(process, r"entered: .* signs in \(2 of 2\)")
        assert len(listening(told)) == 4
        assert process.stdout is not None
        rest = process.stdout.read()
        assert process.wait(timeout=60) == 0, rest
    size = check_published(home)
    assert re.findall(REACHED, rest)[-1:] == [str(size)]
    assert (listening(told), left_behind(tmp_path)) == ([], [])

    # Again, with what is there: the same keys at new ports, until it is asked to stop.
    with started(tmp_path) as process:
        told = until(process, REACHED)
        assert len(listening(told)) == 4
        assert "migrations" not in told
        with started(tmp_path) as second:
            until(second, "the demo runs already in")
            assert second.wait(timeout=60) == 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    assert (listening(told), left_behind(tmp_path)) == ([], [])
    assert check_published(home) >= size


def test_it_runs_on_loopback_alone(tmp_path: Path) -> None:
    with started(tmp_path, TONGBAN_HOST="192.0.2.7") as process:
        until(process, "loopback only")
        assert process.wait(timeout=60) == 2
    assert list(tmp_path.iterdir()) == []


def test_asked_to_stop_while_it_prepares_it_leaves_nobody_behind(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        until(process, "tongzhou: database default")
        assert len(left_behind(tmp_path)) == 4
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    assert left_behind(tmp_path) == []
