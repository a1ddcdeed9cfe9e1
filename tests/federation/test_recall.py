"""What a peer has lost is given back to it alone; what comes back is believed by signatures."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from federation.conftest import NOW
from federation.other_node import SPEAKING, Line, OtherNode, served, value_of
from support.contents import refused
from tongban.federation import api as federation
from tongban.federation import envelope, known
from tongban.federation.actions.giving_back import ASKED, GIVEN
from tongban.federation.errors import EnvelopeUnfit, PeerSilent
from tongban.federation.models import InMessage, OutMessage
from tongban.kernel import clock
from tongban.kernel.wire import plain

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
Json = dict[str, Any]


@pytest.fixture
def line(hebei: OtherNode) -> Iterator[Line]:
    with served(hebei) as found:
        federation.trust(hebei.text)
        yield found


@pytest.fixture
def happened(home: object) -> list[str]:
    """Let what is taken, and what is done again, be noted in its order."""
    found: list[str] = []
    federation.register(
        "test.kind",
        take=lambda message: found.append(f"take {message.data['n']}"),
        answered=lambda answer: found.append(f"answered {answer.taken}"),
        again=lambda message, to: found.append(f"again {message.data['n']} to {to}"),
    )
    return found


def memo(node: OtherNode, **said: Any) -> str:  # noqa: ANN401 - JSON
    """Return a sealed memo of another node to this one."""
    told = {"time": plain(clock.now()), "source": node.name, "recipient": "beijing"}
    return node.envelope(node.sign({"kind": ASKED, **told, **said}))


def asked(body: str) -> tuple[int, list[str]]:
    headers = SPEAKING[0].call("POST", "/node/recall", body.encode())
    answer = Client().post("/node/recall", body, content_type="application/jose", headers=headers)
    return answer.status_code, answer.content.decode().splitlines()


def say(node: OtherNode, *, to: str = "hebei", n: int = 1) -> str:
    with transaction.atomic():
        return federation.send(to=to, kind="test.kind", lane="lane", data={"n": n})


def test_a_peer_is_given_its_own_lanes_and_nobody_elses(
    line: Line, hebei: OtherNode, happened: list[str]
) -> None:
    OtherNode("tianjin", ["120000"]).trusted()
    say(hebei, n=1)
    say(hebei, to="tianjin", n=7)
    assert federation.deliver_once() == 1
    federation.take_all(hebei.envelope(hebei.event(body={"n": 2})).encode())
    code, [numbers] = asked(memo(hebei, step="numbers", after=""))
    assert code == 200
    assert value_of(hebei.opened(numbers))["lanes"] == {"lane": [1, 1]}
    _, given = asked(memo(hebei, step="messages", lanes={"lane": [0, 0]}))
    told = [value_of(hebei.opened(one)) for one in given]
    assert [one["yours"] for one in told] == [False, True]
    assert [value_of(one["signed"])["data"]["body"]["n"] for one in told] == [1, 2]
    assert [value_of(one["answer"])["by"] for one in told] == ["hebei", "beijing"]
    _, rest = asked(memo(hebei, step="messages", lanes={"lane": [1, 1]}))
    assert rest == []


@pytest.mark.parametrize(
    "body",
    [
        lambda hebei: "nonsense",  # noqa: ARG005 - as the others
        lambda hebei: memo(hebei, step="all"),
        lambda hebei: memo(hebei, kind=GIVEN, step="numbers"),
        lambda hebei: memo(hebei, step="numbers", recipient="tianjin"),
        lambda hebei: memo(OtherNode("shanxi", ["140000"]), step="numbers"),  # noqa: ARG005
    ],
)
def test_who_is_not_sure_gets_nothing(hebei: OtherNode, body: Callable[[OtherNode], str]) -> None:
    code, [said] = asked(body(hebei))
    assert code == 403
    assert said in {"federation.envelope_unfit", "federation.peer_unknown"}


def test_a_question_is_not_asked_again_by_whoever_kept_it(hebei: OtherNode) -> None:
    question = memo(hebei, step="numbers", after="")
    assert asked(question)[0] == 200
    with clock.held_at(NOW + timedelta(minutes=11)):
        assert asked(question) == (403, ["federation.envelope_unfit"])


def test_a_question_that_is_too_long_is_not_read(hebei: OtherNode) -> None:
    assert asked("x" * 70_000)[0] == 413


def lost(hebei: OtherNode, **changes: Any) -> list[Json]:  # noqa: ANN401 - JSON
    """Return what Hebei holds: what this node said, and what it took, in one lane."""
    me = known.own()
    assert me is not None
    ours = {
        **hebei.event(body={"n": 2}, source="beijing", recipient="hebei"),
        "id": f"beijing-{'a' * 32}",
        "time": plain(NOW - timedelta(minutes=3)),
    }
    theirs = hebei.event(body={"n": 1}, time=plain(NOW - timedelta(minutes=5)))
    said = envelope.sign(ours), hebei.sign(theirs)
    taken = {
        "time": plain(NOW - timedelta(minutes=4)),
        "by": "beijing",
        "message": envelope.digest_of(said[1]),
        "outcome": "taken",
        "code": "",
    }
    told = [
        {"yours": True, "signed": said[0], "answer": hebei.answer(said[0]), "files": []},
        {"yours": False, "signed": said[1], "answer": envelope.sign(taken), "files": []},
    ]
    return [one | changes.get(str(one["yours"]), {}) for one in told]


def holds(line: Line, told: list[Json]) -> None:
    """Let Hebei answer what is asked of it by what it holds."""

    def answer(signed: str) -> str | None:
        question = value_of(signed)
        given: list[Json] = [{"opened": 0}]
        if question["step"] == "numbers":
            given = [{"lanes": {"lane": [1, 1]}, "more": False}]
        elif question["step"] == "messages":
            given = told if question["lanes"]["lane"] == [0, 0] else []
        return "\n".join(memo(line.node, **{"kind": GIVEN, **one}) for one in given) or None

    line.say = answer


def test_what_was_lost_is_put_back_in_its_order_and_once(
    line: Line, hebei: OtherNode, happened: list[str]
) -> None:
    told = lost(hebei)
    holds(line, told)
    done = federation.recall("hebei")
    assert (done.own, done.theirs, done.apart) == (1, 1, {})
    assert happened == ["take 1", "again 2 to hebei", "answered True"]
    [out], [came] = OutMessage.objects.all(), InMessage.objects.all()
    assert (out.seq, out.taken, out.answer) == (1, True, told[0]["answer"])
    assert (came.seq, came.taken, came.answer) == (1, True, told[1]["answer"])
    say(hebei, n=3)
    assert OutMessage.objects.order_by("-seq")[0].seq == 2
    assert federation.recall("hebei").own == 0
    assert len(happened) == 3


@pytest.mark.parametrize("side", ["True", "False"])
@pytest.mark.parametrize("lie", ["another key", "another answer", "another node", "a gap"])
def test_what_no_signature_bears_out_is_not_believed(
    line: Line, hebei: OtherNode, happened: list[str], side: str, lie: str
) -> None:
    told = lost(hebei)
    [one] = [each for each in told if str(each["yours"]) == side]
    value = value_of(one["signed"])
    match lie:
        case "another key":  # the peer says it in this node's name, or the other way round
            value["data"]["body"]["n"] = 9
            signed = hebei.sign(value) if one["yours"] else envelope.sign(value)
            one["signed"] = signed
        case "another answer":
            swapped = hebei.sign if not one["yours"] else envelope.sign
            one["answer"] = swapped(value_of(one["answer"]))
        case "another node":
            value["recipient"] = "tianjin"
            one["signed"] = envelope.sign(value) if one["yours"] else hebei.sign(value)
        case _:
            value["seq"] = 2
            one["signed"] = envelope.sign(value) if one["yours"] else hebei.sign(value)
            one["answer"] = _about(one, hebei)
    holds(line, told)
    with refused(EnvelopeUnfit):
        federation.recall("hebei")
    assert happened == []
    assert not OutMessage.objects.exists()
    assert not InMessage.objects.exists()


def _about(one: Json, hebei: OtherNode) -> str:
    """Answer a message that was made anew as its taker would."""
    if one["yours"]:
        return hebei.answer(one["signed"])
    said = value_of(one["answer"]) | {"message": envelope.digest_of(one["signed"])}
    return envelope.sign(said)


def test_a_peer_that_is_away_changes_nothing(hebei: OtherNode) -> None:
    with refused(PeerSilent):
        federation.recall("hebei")


def test_an_app_that_can_not_take_it_back_keeps_its_lane_apart(
    line: Line, hebei: OtherNode, home: object
) -> None:
    def fail(_message: federation.Message) -> None:
        raise ZeroDivisionError

    federation.register("test.kind", take=fail)
    holds(line, lost(hebei))
    done = federation.recall("hebei")
    assert (done.own, done.theirs, done.apart) == (0, 0, {"lane": "ZeroDivisionError"})
    assert not OutMessage.objects.exists()
    assert not InMessage.objects.exists()
