"""Messages are written with what they tell about, numbered without a gap, sent until answered."""

# ruff: noqa: ARG005 - each lie is given what any of them needs

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from structlog.testing import capture_logs

from federation.conftest import NOW
from federation.other_node import NOWHERE, Line, OtherNode, served, value_of
from support.contents import everything, refused
from tongban.federation import api as federation
from tongban.federation.actions import sending
from tongban.federation.errors import PeerUnknown
from tongban.federation.models import OutMessage
from tongban.federation.rules import GIVEN_UP_TRIES, MOST_DATA
from tongban.kernel import clock
from tongban.places.models import Calendar
from work.test_races import in_threads

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
really = pytest.mark.django_db(databases=["default", "keys"], transaction=True)


def send(lane: str = "lane", **changes: Any) -> str:  # noqa: ANN401 - as send
    with transaction.atomic():
        given: dict[str, Any] = {"to": "hebei", "kind": "test.kind", "lane": lane, "data": {"n": 1}}
        return federation.send(**given | changes)


def row(message_id: str) -> OutMessage:
    return OutMessage.objects.get(pk=message_id)


@pytest.fixture
def line(hebei: OtherNode) -> Iterator[Line]:
    with served(hebei) as found:
        federation.trust(hebei.text)
        yield found


def test_a_message_arrives_as_it_was_written_and_is_settled(line: Line) -> None:
    first, second = send(data={"称": "好"}), send()
    assert federation.deliver_once() == 2
    assert line.paths == ["/node/inbox"]
    [one, two] = line.taken()
    assert one == {
        "data": {"body": {"称": "好"}, "files": []},
        "datacontenttype": "application/json",
        "id": first,
        "recipient": "hebei",
        "seq": 1,
        "source": "beijing",
        "specversion": "1.0",
        "subject": "lane",
        "time": "2026-11-26T03:00:00.000000Z",
        "type": "cn.tongban.test.kind.v1",
    }
    assert (two["id"], two["seq"]) == (second, 2)
    found = row(first)
    assert (found.answered_at, found.taken, found.code, found.attempts) == (NOW, True, "", 0)
    assert found.answer == line.node.answer(line.came[0][0])
    assert federation.deliver_once() == 0
    assert len(line.came) == 1


@really
def test_outside_a_transaction_nothing_is_written(hebei: OtherNode) -> None:
    stood = everything()
    with pytest.raises(RuntimeError, match="in the transaction of what it tells about"):
        federation.send(to="hebei", kind="test.kind", lane="lane", data={})
    assert everything() == stood


@really
def test_what_is_rolled_back_was_never_said(line: Line) -> None:
    stood = everything()
    with suppress(ZeroDivisionError), transaction.atomic():
        send()
        raise ZeroDivisionError
    assert everything() == stood
    assert federation.deliver_once() == 0
    send()
    assert federation.deliver_once() == 1
    assert [one["seq"] for one in line.taken()] == [1]


def test_what_can_not_be_sent_is_not_written(hebei: OtherNode) -> None:
    with refused(PeerUnknown):
        send(to="tianjin")
    federation.retire("hebei")
    with refused(PeerUnknown):
        send()
    federation.trust(OtherNode("tianjin", ["120000"]).text)
    stood = everything()
    for data in ({"n": "x" * MOST_DATA}, {"n": 2**60}):
        with pytest.raises(ValueError):  # noqa: PT011 - one of ours, one of canonical JSON
            send(to="tianjin", data=data)
    with pytest.raises(TypeError):
        send(to="tianjin", data={"n": 1.5})
    assert everything() == stood


@really
def test_a_lane_is_numbered_without_a_gap_whoever_writes_at_once(line: Line) -> None:
    """Nobody holds the row of the case: the numbers alone keep them apart."""
    together = threading.Barrier(4)

    def write(n: int) -> list[str]:
        together.wait()
        return [send(data={"n": n, "i": i}) for i in range(5)]

    written = in_threads(4, write)
    assert [len(one) for one in written] == [5] * 4
    assert sorted(OutMessage.objects.values_list("seq", flat=True)) == list(range(1, 21))
    assert federation.deliver_once() == 20
    assert [one["seq"] for one in line.taken()] == list(range(1, 21))
    for ids in written:  # each in its own order
        assert [row(one).seq for one in ids] == sorted(row(one).seq for one in ids)


@really
def test_who_wrote_first_and_rolled_back_leaves_no_gap(hebei: OtherNode) -> None:
    wrote, go_on = threading.Event(), threading.Event()

    def rolls_back(_: int) -> None:
        with suppress(ZeroDivisionError), transaction.atomic():
            send()
            wrote.set()
            go_on.wait(0.3)
            raise ZeroDivisionError

    def waits(_: int) -> int:
        wrote.wait()
        return row(send()).seq

    both = [rolls_back, waits]
    assert in_threads(2, lambda n: both[n](n)) == [None, 1]


def test_an_error_that_is_not_the_numbers_is_not_hidden(
    hebei: OtherNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise IntegrityError

    monkeypatch.setattr(sending._MESSAGES, "insert", broken)
    with pytest.raises(RuntimeError, match="no number was free in a lane to hebei"):
        send()


def test_lanes_go_in_their_own_order_and_one_does_not_wait_for_another(line: Line) -> None:
    [a, b, _c] = [send("one"), send("two"), send("one")]
    line.say = lambda signed: line.node.answer(signed, "failed" if a in ids_of(signed) else "taken")
    assert federation.deliver_once() == 1
    assert (row(a).answered_at, row(b).answered_at) == (None, NOW)
    line.say = line.node.answer
    assert federation.deliver_once() == 0  # what comes after it in its lane waits with it
    with clock.held_at(NOW + timedelta(seconds=2)):
        assert federation.deliver_once() == 2
    assert [one["seq"] for one in line.taken() if one["subject"] == "one"] == [1, 2, 1, 2]


def ids_of(signed: str) -> str:
    return str(value_of(signed)["id"])


def test_what_waits_behind_another_is_not_held_up_by_its_own_tries(line: Line) -> None:
    """Number 2 is told that number 1 is missing: that is no news, and costs it no time."""
    first, second = send(), send()
    line.say = lambda signed: line.node.answer(
        signed, *(("later",) if ids_of(signed) == first else ("gap",)), expected=1
    )
    now = NOW
    for _ in range(12):
        with clock.held_at(now):
            federation.deliver_once()
        now += timedelta(seconds=30)
    assert (row(first).attempts, row(second).attempts) == (12, 0)
    line.say = line.node.answer
    with clock.held_at(now):
        assert federation.deliver_once() == 2


def test_more_than_a_request_holds_goes_in_several(line: Line) -> None:
    for n in range(60):
        send(f"lane{n}")
    assert (federation.deliver_once(), federation.deliver_once()) == (50, 10)
    assert [len(batch) for batch in line.came] == [50, 10]
    for n in range(10):
        send(f"large{n}", data={"n": "x" * (MOST_DATA - 100)})
    sent = [federation.deliver_once() for _ in range(3)]
    assert sum(sent) == 10
    assert sent[0] < 10


def test_many_lanes_that_stand_still_hide_none_that_goes(line: Line) -> None:
    for n in range(120):
        send(f"lane{n}")
    OutMessage.objects.update(given_up=True)
    last = send("new")
    assert federation.deliver_once() == 1
    assert row(last).taken


@pytest.mark.parametrize(("status", "trouble"), [(500, "HTTP 500"), (404, "HTTP 404")])
def test_no_answer_is_waited_for_longer_and_longer(line: Line, status: int, trouble: str) -> None:
    line.status = status
    message_id = send()
    waits = []
    now = NOW
    for _ in range(12):
        with clock.held_at(now):
            assert federation.deliver_once() == 0
        found = row(message_id)
        waits.append((found.next_at - now).total_seconds())
        with clock.held_at(found.next_at - timedelta(milliseconds=1)):
            assert federation.deliver_once() == 0
        now = found.next_at
    assert len(line.came) == 12
    for n, wait in enumerate(waits):
        assert min(2.0**n, 300) / 2 <= wait <= min(2.0**n, 300)
    assert (found.trouble, found.attempts) == (f"no answer: {trouble}", 12)
    line.status = 200
    with clock.held_at(now):
        assert federation.deliver_once() == 1


def test_it_is_given_up_after_seven_days_and_many_tries_and_named(line: Line) -> None:
    line.status = 503
    message_id = send()
    OutMessage.objects.update(attempts=GIVEN_UP_TRIES)
    with clock.held_at(NOW + timedelta(days=7)):
        federation.deliver_once()
    assert federation.letters() == ()
    with clock.held_at(NOW + timedelta(days=8)), capture_logs() as logs:
        federation.deliver_once()
    [letter] = federation.letters()
    assert (letter.id, letter.to, letter.kind, letter.lane) == (
        message_id,
        "hebei",
        "test.kind",
        "lane",
    )
    assert (letter.created_at, letter.trouble) == (NOW, "no answer: HTTP 503")
    [told] = [one for one in logs if one["log_level"] == "error"]
    assert told == {
        "event": "message_given_up",
        "id": message_id,
        "kind": "test.kind",
        "to": "hebei",
        "log_level": "error",
    }
    [peer] = federation.peers()
    assert (peer.waiting, peer.given_up, peer.oldest) == (1, 1, NOW)
    came = len(line.came)
    behind = send()
    with clock.held_at(NOW + timedelta(days=9)):
        assert federation.deliver_once() == 0
        assert len(line.came) == came  # nor what comes after it
        assert federation.revive(message_id)
        assert not federation.revive(message_id)
        federation.deliver_once()  # it has as many tries as a new one
        assert federation.letters() == ()
        line.status = 200
    with clock.held_at(NOW + timedelta(days=9, seconds=1)):
        assert federation.deliver_once() == 2
    assert row(behind).taken
    assert not federation.revive(message_id)


def test_a_node_that_was_off_for_weeks_tries_before_it_gives_up(line: Line) -> None:
    line.status = 503
    send()
    with clock.held_at(NOW + timedelta(days=30)):
        federation.deliver_once()
    assert federation.letters() == ()


def test_it_is_given_up_after_five_times_unfit(line: Line) -> None:
    line.say = lambda signed: line.node.answer(
        signed, "unfit", code="federation.envelope_unfit", why="\x1b[31m没有这样的形式\x07"
    )
    message_id = send()
    now = NOW
    for n in range(5):
        assert federation.letters() == ()
        with clock.held_at(now):
            assert federation.deliver_once() == 0
        found = row(message_id)
        assert (found.refusals, found.attempts, found.answered_at) == (n + 1, 0, None)
        now = max(now + timedelta(minutes=20), found.next_at)
    [letter] = federation.letters()
    assert letter.trouble == "federation.envelope_unfit [31m没有这样的形式"


@pytest.mark.parametrize("code", ["federation.peer_unknown", "federation.sender_unsure"])
def test_it_waits_until_documents_are_exchanged(line: Line, code: str) -> None:
    line.say = lambda signed: line.node.answer(signed, "unfit", code=code, why="not yet")
    message_id = send()
    now = NOW
    for _ in range(20):
        with clock.held_at(now):
            federation.deliver_once()
        now += timedelta(minutes=6)
    found = row(message_id)
    assert (found.given_up, found.refusals, found.trouble) == (False, 0, f"{code} not yet")


def test_a_peer_that_has_lost_what_it_answered_is_named_at_once(line: Line) -> None:
    send()
    federation.deliver_once()
    message_id, _ = send(), send()
    line.say = lambda signed: line.node.answer(signed, "gap", expected=1)
    assert federation.deliver_once() == 0
    [letter] = federation.letters()
    assert letter.id == message_id
    assert letter.trouble == "hebei has lost number 1 of the lane: a backup?"
    assert federation.deliver_once() == 0


def test_a_number_that_another_message_has_there_is_named_at_once(line: Line) -> None:
    """Ours was put back from a backup: it gives a number anew."""
    message_id = send()
    line.say = lambda signed: line.node.answer(
        signed, "unfit", code="federation.number_taken", why=""
    )
    assert federation.deliver_once() == 0
    [letter] = federation.letters()
    assert letter.id == message_id
    assert letter.trouble == "hebei has another number 1 of the lane: a backup?"


LIES: dict[str, Callable[[Line, str], str | None]] = {
    "signed by another": lambda line, signed: OtherNode("tianjin", []).answer(signed, by="hebei"),
    "in another's name": lambda line, signed: line.node.answer(signed, by="tianjin"),
    "about another message": lambda line, signed: line.node.answer("x.y.z"),
    "about none": lambda line, signed: line.node.answer(signed, message=""),
    "about a list": lambda line, signed: line.node.answer(signed, message=[1]),
    "of the future": lambda line, signed: line.node.answer(signed, time="2026-11-27T03:00:00.0Z"),
    "without an outcome": lambda line, signed: line.node.answer(signed, ""),
    "refused without a code": lambda line, signed: line.node.answer(signed, "refused", code=None),
    "refused with a page": lambda line, signed: line.node.answer(signed, "refused", code="<b>"),
    "unfit without a code": lambda line, signed: line.node.answer(signed, "unfit", code=3),
    "a gap without a number": lambda line, signed: line.node.answer(signed, "gap"),
    "unsigned": lambda line, signed: '{"outcome":"taken"}',
    "cut": lambda line, signed: line.node.answer(signed)[:-1],
    "the message itself": lambda line, signed: signed,
    "a document": lambda line, signed: line.node.text,
    "a page": lambda line, signed: "<html>",
    "empty": lambda line, signed: "",
    "missing": lambda line, signed: None,
    "not ASCII": lambda line, signed: "好",
    "an unknown word": lambda line, signed: line.node.answer(signed, "perhaps"),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_is_not_surely_the_peers_changes_nothing(line: Line, lie: str) -> None:
    told: list[federation.Answer] = []
    federation.register("test.kind", take=print, answered=told.append)
    message_id = send()
    line.say = lambda signed: LIES[lie](line, signed)
    for n in range(8):
        with clock.held_at(NOW + timedelta(minutes=6 * n)):
            assert federation.deliver_once() == 0
    found = row(message_id)
    assert (found.answered_at, found.answer, found.taken, told) == (None, "", False, [])
    assert (found.given_up, found.refusals, found.attempts) == (False, 0, 8)
    line.say = line.node.answer
    with clock.held_at(NOW + timedelta(hours=2)):
        assert federation.deliver_once() == 1
    assert [(one.message_id, one.taken) for one in told] == [(message_id, True)]


def test_answers_to_some_settle_some(line: Line) -> None:
    ids = [send(f"lane{n}") for n in range(3)]
    line.say = lambda signed: line.node.answer(signed) if ids_of(signed) == ids[0] else None
    assert federation.deliver_once() == 1
    assert [row(one).answered_at is not None for one in ids] == [True, False, False]


def test_a_refusal_is_an_answer_and_its_app_is_told(line: Line) -> None:
    told: list[federation.Answer] = []
    federation.register("test.kind", take=print, answered=told.append)
    line.say = lambda signed: line.node.answer(signed, "refused", code="cases.edition_differs")
    message_id = send()
    assert federation.deliver_once() == 1
    assert told == [
        federation.Answer(
            message_id=message_id,
            to="hebei",
            kind="test.kind",
            lane="lane",
            taken=False,
            code="cases.edition_differs",
            at=NOW,
        )
    ]
    assert (row(message_id).taken, row(message_id).code) == (False, "cases.edition_differs")


def test_what_an_older_node_does_not_know_it_refuses_and_says_what_it_does(line: Line) -> None:
    known_there = ["cn.tongban.test.kind.v1"]
    line.say = lambda signed: line.node.answer(
        signed, "refused", code="federation.version_unknown", understands=known_there
    )
    with transaction.atomic():
        message_id = federation.send(
            to="hebei", kind="test.kind", lane="lane", data={"n": 1}, version=2, more={"x": [1]}
        )
    with capture_logs() as logs:
        assert federation.deliver_once() == 1
    [sent] = line.taken()
    assert sent["type"] == "cn.tongban.test.kind.v2"
    assert sent["data"] == {"body": {"n": 1}, "files": [], "more": {"x": [1]}}
    found = row(message_id)
    assert (found.taken, found.code) == (False, "federation.version_unknown")
    assert found.trouble == "understands cn.tongban.test.kind.v1"
    [told] = [one for one in logs if one["event"] == "message_not_understood"]
    assert told["says"] == "understands cn.tongban.test.kind.v1"


def test_an_app_that_fails_at_an_answer_is_told_again_and_holds_up_no_other(line: Line) -> None:
    failing = [True]

    def answered(answer: federation.Answer) -> None:
        Calendar.objects.create(name=answer.message_id, version=1, published_years=[])
        if failing and answer.lane == "one":
            raise ZeroDivisionError

    federation.register("test.kind", take=print, answered=answered)
    broken, fine = send("one"), send("two")
    with capture_logs() as logs:
        assert federation.deliver_once() == 1
    assert [one["event"] for one in logs if one["log_level"] == "error"] == ["answer_not_noted"]
    assert (row(broken).answered_at, row(fine).answered_at) == (None, NOW)
    assert not Calendar.objects.filter(name=broken).exists()
    failing.clear()
    with clock.held_at(NOW + timedelta(seconds=2)):
        assert federation.deliver_once() == 1
    assert Calendar.objects.filter(name__in=[broken, fine]).count() == 2


def test_a_message_that_can_not_be_opened_here_holds_up_no_other(line: Line) -> None:
    damaged, fine = send("one"), send("two")
    OutMessage.objects.filter(pk=damaged).update(sealed=b"x" * 40)
    assert federation.deliver_once() == 1
    assert row(fine).taken
    assert row(damaged).trouble == "not sent: vault.tampered"


def test_no_redirect_is_followed(line: Line, hebei: OtherNode) -> None:
    with served(OtherNode("tianjin", [])) as elsewhere:
        line.status, line.location = 307, f"{elsewhere.node.address}/node/inbox"
        message_id = send()
        assert federation.deliver_once() == 0
        assert elsewhere.paths == []
    assert row(message_id).trouble == "no answer: HTTP 307"


def test_the_proxy_of_the_environment_is_not_asked(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", NOWHERE)
    send()
    assert federation.deliver_once() == 1


def test_a_node_that_is_retired_gets_nothing_more_and_what_waits_is_told(line: Line) -> None:
    send()
    federation.retire("hebei")
    assert federation.deliver_once() == 0
    assert (line.came, federation.peers()) == ([], ())
    assert federation.unreachable() == {"hebei": 1}
