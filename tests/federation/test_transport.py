"""Who is no trusted node gets no further than the headers; no answer is another's (RFC 9421)."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from federation.other_node import SPEAKING, Line, OtherNode, digest_of_body, new_keys, served
from federation.test_inbox import App, app, asked, outcome
from federation.test_peers_apart import changed
from federation.test_sending import row, send
from support.contents import everything
from tongban.federation import api as federation
from tongban.federation import known, transport
from tongban.federation.errors import RequestUnsigned
from tongban.federation.rules import CALL_LASTS, SKEW
from tongban.kernel import clock

__all__ = ["app"]

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
INBOX = "/node/inbox"
BODY = b"x\n"


@pytest.fixture
def line(hebei: OtherNode) -> Iterator[Line]:
    with served(hebei) as found:
        federation.trust(hebei.text)
        yield found


def post(headers: dict[str, str], body: bytes = BODY, path: str = INBOX) -> Any:  # noqa: ANN401
    return Client().post(path, body, content_type="application/jose", headers=headers)


def refused(answer: Any) -> str:  # noqa: ANN401 - a response of the test client
    """Return why, of a request that was refused with its code and read no further."""
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Signature ")
    assert "tongban-node" in answer["Accept-Signature"]
    said = answer.json()
    assert (said["status"], said["code"]) == (401, "federation.request_unsigned")
    return str(said["title"])


SPOILT: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "no signature": lambda h: {**h, "Signature": ""},
    "no input": lambda h: {name: value for name, value in h.items() if name != "Signature-Input"},
    "no node": lambda h: {**h, "Tongban-Node": ""},
    "another node": lambda h: {**h, "Tongban-Node": "tianjin"},
    "another digest": lambda h: {**h, "Content-Digest": digest_of_body(b"y\n")},
    "another type": lambda h: {**h, "Content-Type": "text/plain"},
    "another moment": lambda h: {
        **h,
        "Signature-Input": h["Signature-Input"].replace("created=1", "created=2"),
    },
    "another algorithm": lambda h: {
        **h,
        "Signature-Input": h["Signature-Input"].replace("ed25519", "hmac-sha256"),
    },
    "another label": lambda h: {
        name: value.replace("tongban=", "other=") for name, value in h.items()
    },
    "nonsense": lambda h: {**h, "Signature-Input": "tongban=((((", "Signature": "::"},
    "not a list": lambda h: {**h, "Signature-Input": "tongban=1;created=1;expires=2"},
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_request_that_is_not_surely_a_trusted_nodes_is_not_read(
    hebei: OtherNode, app: App, what: str
) -> None:
    body = f"{hebei.envelope(hebei.event())}\n".encode()
    headers = hebei.call("POST", INBOX, body)
    stood = everything()
    refused(post(SPOILT[what](headers), body))
    assert everything() == stood
    assert post(headers, body).status_code == 200
    assert app.effects == 1


def test_nothing_of_the_body_is_read_before(hebei: OtherNode, monkeypatch: Any) -> None:  # noqa: ANN401
    def read(*_: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr("django.core.handlers.wsgi.WSGIRequest.read", read)
    assert "not of a node that is trusted here" in refused(post({"Tongban-Node": "nobody"}))


def test_each_part_must_be_covered(hebei: OtherNode) -> None:
    parts = ["@method", "@target-uri", "tongban-node", "content-type", "content-digest"]
    for part in parts:
        only = [one for one in parts if one != part]
        refused(post(hebei.call("POST", INBOX, BODY, only=only)))
    assert post(hebei.call("POST", INBOX, BODY, only=parts)).status_code == 200


def test_a_signature_is_good_for_one_address_one_method_and_one_body(hebei: OtherNode) -> None:
    headers = hebei.call("POST", INBOX, BODY)
    assert "its body is another" in refused(post(headers, b"y\n"))
    refused(post(hebei.call("POST", "/node/files/x", BODY)))
    federation.announce(address="https://new.example", hosted=["110000"])
    refused(post(headers))  # signed for the address that this node had before
    assert post(hebei.call("POST", INBOX, BODY)).status_code == 200


def test_it_comes_once(hebei: OtherNode) -> None:
    headers = hebei.call("POST", INBOX, BODY)
    assert post(headers).status_code == 200
    assert "it came before" in refused(post(headers))


@pytest.mark.parametrize(
    ("apart", "good"),
    [
        (timedelta(0), True),
        (SKEW, True),
        (-SKEW, True),
        (-SKEW - timedelta(seconds=1), False),
        (SKEW + CALL_LASTS, True),
        (SKEW + CALL_LASTS + timedelta(seconds=1), False),
    ],
)
def test_clocks_may_lie_apart_so_far(hebei: OtherNode, apart: timedelta, good: bool) -> None:  # noqa: FBT001
    headers = hebei.call("POST", INBOX, BODY)
    with clock.held_at(clock.now() + apart):
        answer = post(headers)
    if good:
        assert answer.status_code == 200
    else:
        assert "made at another time" in refused(answer)


def test_no_signature_lasts_longer_than_agreed(hebei: OtherNode) -> None:
    refused(post(hebei.call("POST", INBOX, BODY, lasts=CALL_LASTS + timedelta(seconds=1))))
    refused(post(hebei.call("POST", INBOX, BODY, lasts=-timedelta(seconds=1))))


def test_neither_a_strangers_key_nor_one_that_has_ended_signs(hebei: OtherNode) -> None:
    [stranger, _] = new_keys()
    refused(post(hebei.call("POST", INBOX, BODY, by=stranger)))
    refused(post(hebei.call("POST", INBOX, BODY, by=stranger | {"kid": hebei.held[0]["kid"]})))
    old = hebei.held[0]
    federation.trust(changed(hebei))
    with clock.held_at(clock.now() + timedelta(hours=1)):
        assert "not in force" in refused(post(hebei.call("POST", INBOX, BODY, by=old)))
        assert post(hebei.call("POST", INBOX, BODY)).status_code == 200


def test_another_nodes_file_is_not_given(line: Line) -> None:
    tianjin = OtherNode("tianjin", ["120000"]).trusted()
    url = f"/node/files/{'0' * 64}"
    answer = Client().get(url, headers=tianjin.call("GET", url))
    assert answer.status_code == 404
    assert Client().get(url).status_code == 401


def test_an_answer_names_its_request_and_cannot_serve_another(hebei: OtherNode) -> None:
    own = known.own()
    assert own is not None
    headers = SPEAKING[0].call("POST", INBOX, BODY)
    answer = post(headers)
    call = transport.Call("POST", f"{own.address}{INBOX}", headers)
    reply = transport.Reply(200, dict(answer.items()), call)
    transport.check_reply(reply, own)
    assert answer["Content-Digest"] == digest_of_body(answer.content)
    other = transport.Call("POST", call.url, SPEAKING[0].call("POST", INBOX, BODY))
    for spoilt in (
        transport.Reply(200, reply.headers, other),
        transport.Reply(202, reply.headers, call),
        transport.Reply(200, {**reply.headers, "Content-Digest": digest_of_body(b"")}, call),
    ):
        with pytest.raises(RequestUnsigned):
            transport.check_reply(spoilt, own)


def test_this_node_signs_what_it_sends(line: Line) -> None:
    send()
    assert federation.deliver_once() == 1
    [call] = line.calls
    assert call["Tongban-Node"] == "beijing"
    for part in (
        *('"@method"', '"@target-uri"', '"content-digest"', '"content-type"'),
        *("created=", "expires=", "nonce=", "keyid=", 'tag="tongban-node"'),
    ):
        assert part in call["Signature-Input"]


def unsigned(reply: SimpleNamespace) -> None:
    del reply.headers["Signature"], reply.headers["Signature-Input"]


def another_status(reply: SimpleNamespace) -> None:
    reply.headers["Signature-Input"] = reply.headers["Signature-Input"].replace("@status", "@sta")


def another_body(reply: SimpleNamespace) -> None:
    reply.headers["Content-Digest"] = digest_of_body(b"")


@pytest.mark.parametrize("spoil", [unsigned, another_status, another_body])
def test_an_answer_that_is_not_surely_its_own_is_none(
    line: Line, spoil: Callable[[SimpleNamespace], None]
) -> None:
    message_id = send()
    line.spoil = spoil
    assert federation.deliver_once() == 0
    found = row(message_id)
    assert (found.answered_at, found.attempts) == (None, 1)
    assert found.trouble.startswith("no answer: an")
    line.spoil = lambda _: None
    with clock.held_at(clock.now() + timedelta(minutes=1)):
        assert federation.deliver_once() == 1


def test_why_it_was_refused_there_stands_in_the_trouble(line: Line) -> None:
    message_id = send()
    line.status = 401
    line.problem = json.dumps({"code": "federation.request_unsigned"}).encode()
    assert federation.deliver_once() == 0
    assert row(message_id).trouble == "no answer: HTTP 401 federation.request_unsigned"


def test_a_later_request_is_taken_after_many(
    hebei: OtherNode, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_MOST_SEEN", 3)
    for _ in range(5):
        assert post(hebei.call("POST", INBOX, BODY)).status_code == 200
    with clock.held_at(clock.now() + timedelta(hours=1)):
        headers = hebei.call("POST", INBOX, BODY)
        assert post(headers).status_code == 200
        assert "it came before" in refused(post(headers))
        assert outcome(asked(BODY).content.decode().strip())[0] == "unfit"
