"""A peer is away for an hour by an injected clock; then it is ten minutes off, either way."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby

import pytest
from django.db import transaction

from federation.conftest import NOW
from federation.other_node import NOWHERE, Line, OtherNode, served
from tongban.federation import api as federation
from tongban.federation import known
from tongban.federation.models import InMessage, OutMessage
from tongban.kernel import clock

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
MINUTE = timedelta(minutes=1)
LANES = ("a", "b", "c")


@pytest.fixture
def line(hebei: OtherNode) -> Iterator[Line]:
    with served(hebei) as found:
        federation.trust(hebei.text)
        yield found


def send(lane: str) -> str:
    with transaction.atomic():
        return federation.send(to="hebei", kind="test.kind", lane=lane, data={"n": 1})


def test_an_hours_backlog_goes_in_its_order_and_each_once(line: Line) -> None:
    line.status = 503
    said = []
    for minute in range(60):
        with clock.held_at(NOW + minute * MINUTE):
            said += [send(lane) for lane in LANES]
            federation.deliver_once()
    with clock.held_at(NOW + 60 * MINUTE):
        [peer] = federation.peers()
        assert (peer.waiting, peer.oldest, peer.given_up, peer.heard) == (180, NOW, 0, None)
        troubles = set(OutMessage.objects.exclude(trouble="").values_list("trouble", flat=True))
        assert troubles == {"no answer: HTTP 503"}
        soonest = OutMessage.objects.order_by("next_at").values_list("next_at", flat=True)[0]
        assert soonest < clock.now()
    line.status, line.came = 200, []
    with clock.held_at(NOW + 65 * MINUTE):  # by then every wait is over: five minutes at most
        while federation.deliver_once():
            pass
        [peer] = federation.peers()
        assert (peer.waiting, peer.oldest, peer.given_up) == (0, None, 0)
    came = line.taken()
    assert sorted(one["id"] for one in came) == sorted(said)
    for lane, found in groupby(sorted(came, key=lambda one: str(one["subject"])), _lane):
        assert [one["seq"] for one in found] == list(range(1, 61)), lane
    assert set(OutMessage.objects.values_list("taken", flat=True)) == {True}


def _lane(one: dict[str, object]) -> str:
    return str(one["subject"])


@pytest.mark.parametrize("skew", [timedelta(minutes=-10), timedelta(minutes=10)])
def test_ten_minutes_of_skew_stop_nothing_and_eleven_are_waited_out(
    line: Line, hebei: OtherNode, skew: timedelta
) -> None:
    federation.register("test.kind", take=lambda _: None)
    later = NOW + timedelta(days=1)
    with clock.held_at(later + skew):  # its clock, when it speaks and when it answers
        envelopes = [hebei.envelope(hebei.event(seq=n)) for n in (1, 2)]

    def answered(signed: str) -> str:
        with clock.held_at(later + skew):
            return hebei.answer(signed)

    line.say = answered
    with clock.held_at(later):
        federation.take_all("".join(f"{one}\n" for one in envelopes).encode())
        assert InMessage.objects.filter(sender="hebei", taken=True).count() == 2
        sent = send("a")
        assert federation.deliver_once() == 1
        assert OutMessage.objects.get(pk=sent).taken
    # What comes from further ahead is neither believed nor refused: it comes again.
    with clock.held_at(later + timedelta(minutes=11)):
        early = hebei.envelope(hebei.event(seq=3))
    with clock.held_at(later):
        federation.take_all(f"{early}\n".encode())
        assert InMessage.objects.count() == 2
    with clock.held_at(later + timedelta(minutes=2)):
        federation.take_all(f"{early}\n".encode())
        assert InMessage.objects.filter(taken=True).count() == 3


def test_a_peer_that_is_nowhere_is_named_with_what_waits_for_it(hebei: OtherNode) -> None:
    assert known.peer("hebei").address == NOWHERE
    send("a")
    with clock.held_at(NOW + MINUTE):
        federation.deliver_once()
        [peer] = federation.peers()
        assert (peer.node, peer.waiting, peer.oldest) == ("hebei", 1, NOW)
