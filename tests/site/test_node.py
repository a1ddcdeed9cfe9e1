"""The product as real processes."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.node import Node


def status_of(node: Node, path: str, host: str = "localhost") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=10)
    connection.request("GET", path, headers={"Host": host})
    status = connection.getresponse().status
    connection.close()
    return status


def run(node: Node, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tongban.site.cli", *arguments],
        env={**node.environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_node_answers_and_refuses_a_foreign_host(live_node: Node) -> None:
    assert status_of(live_node, "/healthz") == 200
    assert status_of(live_node, "/") == 200
    assert status_of(live_node, "/no/such/page") == 404
    assert status_of(live_node, "/", host="evil.example") == 400


def test_what_it_writes_is_its_users_alone(live_node: Node) -> None:
    open_to_others = [
        path.name
        for path in live_node.home.rglob("*")
        if path.suffix != ".log" and path.stat().st_mode & 0o077 and path.parent == live_node.home
    ]
    assert open_to_others == []


def test_a_second_migration_and_a_second_load_change_nothing(live_node: Node) -> None:
    assert live_node.command("migrate") == "the databases and the static files are up to date\n"
    assert live_node.command("region", "--apply").startswith("jingjinji: 0 added, 0 changed")
    assert live_node.command("region", "--list").splitlines() == ["country", "jingjinji"]


def test_verify_finds_a_fresh_node_sound(live_node: Node) -> None:
    lines = live_node.command("verify").splitlines()
    assert [line.split(":")[1] for line in lines] == [" ok, 0 damaged, 0 noted"] * 9


def test_a_taken_port_is_said_in_one_line(live_node: Node) -> None:
    done = run(live_node, "serve")
    assert done.returncode == 2
    assert done.stderr == (
        f"tongban: 127.0.0.1:{live_node.port} is taken by another process: "
        "stop it or set TONGBAN_PORT.\n"
    )


@pytest.mark.parametrize("command", ["run", "serve", "worker", "migrate", "region", "verify"])
def test_every_command_refuses_demo_mode_off_loopback(
    make_node: Callable[..., Node], tmp_path: Path, command: str
) -> None:
    idle = Node(home=tmp_path / "never")
    done = run(idle, command, TONGBAN_HOST="192.0.2.7")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "loopback only" in done.stderr
    assert not idle.home.exists()


def test_a_worker_that_may_not_seal_says_why_in_one_line(tmp_path: Path) -> None:
    idle = Node(home=tmp_path / "idle", variables={"TONGBAN_DATABASE_URL": ""})
    idle.command("migrate")
    (idle.home / "log").mkdir()
    (idle.home / "log" / "policy").write_text("quorum nobody\n")
    done = run(idle, "worker", "--once")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "tongban: nothing is sealed: log/policy can't be read: line 1: not defined before: "
        "'nobody'\n"
    )
    assert run(idle, "worker", "--once", "--no-sealing").returncode == 0
    assert not (idle.home / "log" / "promised.sqlite3").exists()


def test_a_database_that_does_not_answer_is_said_in_one_line(tmp_path: Path) -> None:
    idle = Node(home=tmp_path / "idle")
    done = run(idle, "migrate", TONGBAN_DATABASE_URL="postgresql://nobody@127.0.0.1:1/x")
    assert done.returncode == 1
    assert done.stderr.startswith("tongban: the database does not answer: ")
    assert done.stderr.count("\n") == 1


def test_an_unknown_command_and_the_help() -> None:
    idle = Node(home=Path(os.devnull))
    assert run(idle, "fly").returncode == 2
    helped = run(idle, "--help")
    assert helped.returncode == 0
    assert "verify" in helped.stdout


def test_run_prepares_serves_and_leaves_nobody_behind(tmp_path: Path) -> None:
    """The second start does nothing twice; a killed parent takes its children along."""
    node = Node(home=tmp_path / "my home")
    told: list[Path] = []
    for number in (signal.SIGTERM, signal.SIGKILL):
        told.append(tmp_path / f"{number}.log")
        with told[-1].open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tongban.site.cli", "run"],
                env={**node.environment, "TONGBAN_DATABASE_URL": ""},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        node._processes["run"] = process
        node.wait_until_ready()
        _until(lambda: "demo people" in told[-1].read_text())
        process.send_signal(number)
        process.wait(timeout=60)
        _until(lambda: not _listens(node.port))
        del node._processes["run"]
    first, second = (path.read_text() for path in told)
    assert "region jingjinji: loading" in first
    assert "migrations" not in second
    assert "loading" not in second
    assert f"http://127.0.0.1:{node.port}/" in second
    assert "马清荷" in second


def test_the_log_is_json(live_node: Node) -> None:
    status_of(live_node, "/", host="evil.example")
    lines = [line for line in live_node.log("serve").splitlines() if line.startswith("{")]
    assert json.loads(lines[-1])["logger"] == "django.security.DisallowedHost"
    assert "evil.example" not in live_node.log("serve")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass within a minute"
        time.sleep(0.1)
