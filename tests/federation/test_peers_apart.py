"""The worker's threads: a peer that is dead or slow delays no other; changed keys get round."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from structlog.testing import capture_logs

from federation.conftest import NOW
from federation.other_node import NOWHERE, OtherNode, new_keys, served
from federation.test_inbox import asked, outcome, post
from tongban.federation import api as federation
from tongban.federation import known
from tongban.federation.actions import delivering as delivering_module
from tongban.federation.actions import refreshing
from tongban.federation.actions.refreshing import Refreshing, refresh
from tongban.federation.models import OutMessage
from tongban.kernel import clock
from tongban.kernel.wire import plain

pytestmark = pytest.mark.django_db(databases=["default", "keys"], transaction=True)
PATIENCE_S = 8.0
"""Less than the ten seconds for which a call waits: an answer within it waited for no dead peer."""


@contextmanager
def delivering() -> Iterator[None]:
    """Run the worker's threads."""
    stop = threading.Event()
    thread = threading.Thread(target=federation.deliver, kwargs={"stop": stop, "every_s": 0.02})
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        until(lambda: not [one for one in threading.enumerate() if "_serve" in one.name])


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)


@contextmanager
def silent() -> Iterator[str]:
    """Listen, accept, and never answer; the connections end with the test."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def send(to: str, lane: str = "lane") -> str:
    with transaction.atomic():
        return federation.send(to=to, kind="test.kind", lane=lane, data={"n": 1})


def waits(message_id: str) -> bool:
    return OutMessage.objects.filter(pk=message_id, answered_at=None).exists()


def test_a_dead_peer_delays_no_other(beijing: federation.Document) -> None:
    with delivering(), silent() as address, served(OtherNode("hebei", ["130000"])) as line:
        OtherNode("away", ["140000"], address=NOWHERE).trusted()
        OtherNode("silent", ["150000"], address=address).trusted()
        federation.trust(line.node.text)
        first = [send(to) for to in ("away", "silent", "hebei")]
        until(lambda: not waits(first[2]))
        later = [send("hebei", f"lane{n}") for n in range(20)]
        until(lambda: not any(map(waits, later)))
        until(lambda: OutMessage.objects.get(pk=first[0]).attempts > 0)
        assert waits(first[1])
        assert [one["seq"] for one in line.taken()] == [1] * 21
        assert OutMessage.objects.get(pk=first[0]).trouble.startswith("no answer: ConnectionRefus")


def test_a_peer_that_is_trusted_meanwhile_is_served_and_a_retired_one_is_not(
    beijing: federation.Document,
) -> None:
    with delivering(), served(OtherNode("hebei", ["130000"])) as line:
        federation.trust(line.node.text)
        until(lambda: len(line.paths) > 0)
        message_id = send("hebei")
        until(lambda: not waits(message_id))
        federation.retire("hebei")
        time.sleep(0.1)
        came = len(line.paths)
        time.sleep(0.2)
        assert len(line.paths) == came


def test_threads_survive_a_file_that_can_not_be_read(
    beijing: federation.Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering_module, "_BROKEN_S", 0.1)
    known.write(known.folder() / "peers" / "broken", "x")
    with capture_logs() as logs, delivering(), served(OtherNode("hebei", ["130000"])) as line:
        until(lambda: "delivery_failed" in {one["event"] for one in logs})
        (known.folder() / "peers" / "broken").unlink()
        federation.trust(line.node.text)
        message_id = send("hebei")
        until(lambda: not waits(message_id))


def changed(hebei: OtherNode) -> str:
    """Let a node change its keys, as its operator does."""
    old = [{**jwk, "until": plain(clock.now())} for jwk in hebei.held]
    hebei.held = [*new_keys(), *old]
    return hebei.state(by=old[0])


def test_changed_keys_are_asked_for_once_a_day(hebei: OtherNode, home: Path) -> None:
    with served(hebei) as line:
        federation.trust(hebei.text)
        turn = Refreshing("hebei")
        turn.turn()
        turn.turn()
        assert line.paths == ["/node/document"]
        with clock.held_at(NOW + timedelta(hours=25)):
            text = changed(hebei)
            turn.turn()
            assert known.peer("hebei").text == text
        assert known.checked_at("hebei") is not None


def test_keys_that_are_not_known_yet_are_asked_for_soon(hebei: OtherNode) -> None:
    with served(hebei) as line:
        federation.trust(hebei.text)
        federation.register("test.kind", take=lambda _: None)
        turn = Refreshing("hebei")
        turn.turn()
        now = NOW + timedelta(hours=1)
        with clock.held_at(now):
            changed(hebei)
            envelope = hebei.envelope(hebei.event())
            answer = asked(f"{envelope}\n".encode())
            assert answer.status_code == 401
            assert "Unable to resolve verification key" in answer.json()["title"]
            turn.turn()
            assert [outcome(one) for one in post(envelope)] == [("taken", "")]
            for _ in range(5):  # who claims its name makes us ask once a minute at most
                post(hebei.envelope(OtherNode("hebei", []).sign(hebei.event())))
                turn.turn()
            assert len(line.paths) == 2
        with clock.held_at(now + timedelta(minutes=1)):
            turn.turn()
        assert len(line.paths) == 3


def test_answers_by_changed_keys_wait_for_the_document(hebei: OtherNode) -> None:
    with served(hebei) as line:
        federation.trust(hebei.text)
        message_id = send("hebei")
        with clock.held_at(NOW + timedelta(hours=1)):
            changed(hebei)
            assert federation.deliver_once() == 0
            found = OutMessage.objects.get(pk=message_id)
            assert found.trouble == (
                "no answer: an answer that isn't surely its own: Unable to resolve verification key"
            )
            assert (found.refusals, found.given_up) == (0, False)
            Refreshing("hebei").turn()
        with clock.held_at(NOW + timedelta(hours=2)):
            assert federation.deliver_once() == 1
        assert line.paths == ["/node/inbox", "/node/document", "/node/inbox"]


@pytest.mark.parametrize("change", ["places", "stranger", "garbage", "another", "none"])
def test_a_document_that_an_operator_must_see_is_not_taken(
    hebei: OtherNode, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(hebei) as line:
        federation.trust(hebei.text)
        before = known.peer("hebei")
        match change:
            case "places":
                hebei.places = ["130000", "120000"]
                hebei.state()
            case "stranger":
                hebei.held = new_keys()
                hebei.state()
            case "garbage":
                hebei.text = "<html>"
            case "another":
                hebei.text = OtherNode("tianjin", ["120000"]).text
            case _:
                line.status = 404
        assert refresh("hebei") is False
        assert federation.trusted() == {"hebei": before}
        assert timedelta(minutes=10) == refreshing.EVERY
