"""The inbox over HTTP: each message once, in the order of its lane, and answered for good."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import IntegrityError, connections
from django.test import Client
from pytest_django import Settings
from structlog.testing import capture_logs

from federation.conftest import NOW
from federation.other_node import SPEAKING, OtherNode, value_of
from support.contents import everything
from tongban.federation import api as federation
from tongban.federation import known
from tongban.federation.actions import taking
from tongban.federation.document import Document
from tongban.federation.envelope import Opened, encrypt, verify
from tongban.federation.models import InMessage
from tongban.federation.rules import BATCH, MOST_BODY, MOST_ENVELOPE
from tongban.kernel import clock
from tongban.kernel.errors import Kind, Refusal
from tongban.kernel.ids import new_id
from tongban.places.models import Calendar
from tongban.vault.errors import Tampered
from work.test_races import in_threads

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
SCHEMA = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}


class NotToday(Refusal):
    code = "test.not_today"
    what, todo, kind = "", "", Kind.RULE


class Away(Refusal):
    code = "test.away"
    what, todo, kind = "", "", Kind.UNAVAILABLE


@dataclass(slots=True)
class App:
    """An app above: it keeps what it takes in a table, and fails where a test says so."""

    failing: Exception | None = None
    taken: list[federation.Message] = field(default_factory=list)

    def take(self, message: federation.Message) -> None:
        Calendar.objects.create(name=message.id, version=1, published_years=[])
        self.taken.append(message)
        if self.failing is not None:
            raise self.failing

    @property
    def effects(self) -> int:
        return Calendar.objects.filter(name__contains="-").count()


@pytest.fixture
def app(home: Any) -> App:  # noqa: ANN401 - a path
    found = App()
    federation.register("test.kind", take=found.take, schema=SCHEMA)
    return found


def post(*lines: str) -> list[str]:
    """Send envelopes in one request; return the answers, each made sure to be this node's."""
    return raw("".join(f"{line}\n" for line in lines).encode("utf-8"))


def asked(body: bytes, **changes: Any) -> Any:  # noqa: ANN401 - as OtherNode.call
    """Send a body as Hebei's node does."""
    headers = SPEAKING[0].call("POST", "/node/inbox", body, **changes)
    return Client().post("/node/inbox", body, content_type="application/jose", headers=headers)


def raw(body: bytes) -> list[str]:
    answer = asked(body)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/jose")
    lines: list[str] = answer.content.decode("ascii").splitlines()
    own = known.own()
    assert own is not None
    for line in lines:
        said, at = verify(line, own)
        assert (said["by"], at) == ("beijing", clock.now())
    return lines


def outcome(line: str) -> tuple[str, str]:
    said = value_of(line)
    return said["outcome"], said.get("code", "")


def test_a_message_takes_effect_and_is_answered(hebei: OtherNode, app: App) -> None:
    event = hebei.event(body={"n": 7})
    signed = hebei.sign(event)
    [answer] = post(hebei.envelope(signed))
    said = value_of(answer)
    assert said == {
        "by": "beijing",
        "code": "",
        "message": hashlib.sha256(signed.encode()).hexdigest(),
        "outcome": "taken",
        "time": "2026-11-26T03:00:00.000000Z",
    }
    [message] = app.taken
    assert (message.id, message.sender, message.kind) == (event["id"], "hebei", "test.kind")
    assert (message.lane, message.seq, message.at) == ("lane", 1, NOW)
    assert (message.data, message.files) == ({"n": 7}, ())
    row = InMessage.objects.get()
    assert (row.taken, row.code, row.received_at, row.answer) == (True, "", NOW, answer)
    assert b"test.kind" not in bytes(row.sealed)


def test_a_duplicate_gives_the_very_same_answer_and_takes_effect_once(
    hebei: OtherNode, app: App
) -> None:
    line = hebei.envelope(hebei.event())
    signed = hebei.sign(hebei.event(seq=2))
    [first] = post(line)
    assert post(line) == [first]
    answers = post(hebei.envelope(signed), line, hebei.envelope(signed))
    assert answers[1] == first
    assert answers[0] == answers[2]
    assert (app.effects, len(app.taken), InMessage.objects.count()) == (2, 2, 2)


def test_one_that_comes_too_early_is_told_the_number_that_is_expected(
    hebei: OtherNode, app: App
) -> None:
    one, two, three = (hebei.event(seq=seq) for seq in (1, 2, 3))
    stood = everything()
    [answer] = post(hebei.envelope(three))
    assert (value_of(answer)["outcome"], value_of(answer)["expected"]) == ("gap", 1)
    assert everything() == stood
    outcomes = [outcome(line)[0] for line in post(*map(hebei.envelope, (two, one, three, two)))]
    assert outcomes == ["gap", "taken", "gap", "taken"]
    [answer] = post(hebei.envelope(three))
    assert outcome(answer) == ("taken", "")
    assert [message.seq for message in app.taken] == [1, 2, 3]


def test_lanes_do_not_wait_for_one_another(hebei: OtherNode, app: App) -> None:
    tianjin = OtherNode("tianjin", ["120000"]).trusted()
    said = post(
        hebei.envelope(hebei.event(seq=2)),
        hebei.envelope(hebei.event(subject="another")),
        tianjin.envelope(tianjin.event()),
    )
    assert [outcome(line)[0] for line in said] == ["gap", "taken", "taken"]


def test_a_refused_message_is_answered_and_the_lane_goes_on(hebei: OtherNode, app: App) -> None:
    app.failing = NotToday()
    line = hebei.envelope(hebei.event())
    [answer] = post(line)
    assert outcome(answer) == ("refused", "test.not_today")
    assert (app.effects, InMessage.objects.get().taken) == (0, False)
    app.failing = None
    assert post(line) == [answer]  # for good
    assert outcome(post(hebei.envelope(hebei.event(seq=2)))[0]) == ("taken", "")
    assert app.effects == 1


def test_another_message_with_a_number_that_is_taken_is_unfit(hebei: OtherNode, app: App) -> None:
    first = hebei.event()
    post(hebei.envelope(first))
    stood = everything()
    [answer] = post(hebei.envelope(hebei.event()))
    assert outcome(answer) == ("unfit", "federation.number_taken")
    [answer] = post(hebei.envelope(first | {"data": {"body": {"n": 2}, "files": []}}))
    assert outcome(answer) == ("unfit", "federation.number_taken")
    assert everything() == stood


def test_unknown_kinds_and_data_of_another_form_are_refused(hebei: OtherNode, app: App) -> None:
    said = post(
        hebei.envelope(hebei.event("test.other")),
        hebei.envelope(hebei.event(seq=2, type="cn.tongban.test.kind.v2")),
        hebei.envelope(hebei.event(seq=3, body={"n": "text"})),
        hebei.envelope(hebei.event(seq=4, body={})),
    )
    assert [outcome(line) for line in said] == [
        ("refused", "federation.kind_unknown"),
        ("refused", "federation.version_unknown"),
        ("refused", "federation.data_unfit"),
        ("refused", "federation.data_unfit"),
    ]
    assert [value_of(line).get("understands") for line in said] == [
        ["cn.tongban.test.kind.v1"],
        ["cn.tongban.test.kind.v1"],
        None,
        None,
    ]
    assert (app.effects, app.taken) == (0, [])
    assert InMessage.objects.filter(taken=False).count() == 4


def test_a_text_that_no_database_keeps_is_refused_for_good(hebei: OtherNode, app: App) -> None:
    federation.register("test.free", take=app.take)  # a kind that states no form
    for seq, body in enumerate(({"x": "a\0b"}, {"x": [{"\0": 1}]}), start=1):
        [answer] = post(hebei.envelope(hebei.event("test.free", seq=seq, body=body)))
        assert outcome(answer) == ("refused", "federation.data_unfit")
    assert app.effects == 0


def test_a_later_minor_version_says_more_and_is_taken(hebei: OtherNode, app: App) -> None:
    event = hebei.event()
    event["data"]["more"] = {"colour": {"of": ["the", "seal"]}}
    [answer] = post(hebei.envelope(event))
    assert outcome(answer) == ("taken", "")
    assert (app.taken[0].data, app.taken[0].more) == ({"n": 1}, event["data"]["more"])
    event = hebei.event(seq=2)
    event["data"]["colour"] = "red"  # not where more may be said
    [answer] = post(hebei.envelope(event))
    assert outcome(answer) == ("unfit", "federation.envelope_unfit")


def test_of_two_major_versions_each_is_taken_as_it_says(hebei: OtherNode, app: App) -> None:
    later: list[federation.Message] = []
    federation.register("test.kind", take=later.append, version=2)
    said = post(
        hebei.envelope(hebei.event()),
        hebei.envelope(hebei.event(seq=2, type="cn.tongban.test.kind.v2", body={"n": "text"})),
        hebei.envelope(hebei.event(seq=3, type="cn.tongban.test.kind.v3")),
    )
    assert [outcome(line)[1] for line in said] == ["", "", "federation.version_unknown"]
    assert [one.version for one in (*app.taken, *later)] == [1, 2]
    assert value_of(said[2])["understands"] == [
        "cn.tongban.test.kind.v1",
        "cn.tongban.test.kind.v2",
    ]


@pytest.mark.parametrize(
    "defect", [KeyError("name"), TypeError(), AttributeError(), IntegrityError(), Away()]
)
def test_a_defect_of_ours_is_told_undone_and_the_message_comes_again(
    hebei: OtherNode, app: App, defect: Exception
) -> None:
    app.failing = defect
    line, other = hebei.envelope(hebei.event()), hebei.envelope(hebei.event(subject="other"))
    stood = everything()
    with capture_logs() as logs:
        [answer] = post(line)
    assert outcome(answer) == ("failed", "")
    assert everything() == stood
    [told] = [one for one in logs if one["log_level"] == "error"]
    assert (told["event"], told["exc_info"]) == ("message_failed", True)
    assert set(told) == {"event", "exc_info", "log_level", "message"}
    app.failing = None
    assert [outcome(one) for one in post(line, other)] == [("taken", ""), ("taken", "")]
    assert app.effects == 2


def test_what_the_sender_has_falsified_is_refused_for_good(hebei: OtherNode, app: App) -> None:
    """Unlike this node's own state, bytes that belie their message won't be better tomorrow."""
    app.failing = Tampered()
    assert outcome(post(hebei.envelope(hebei.event()))[0]) == ("refused", "vault.tampered")


def test_one_defect_holds_up_no_other_message_of_the_request(hebei: OtherNode, app: App) -> None:
    def broken(message: federation.Message) -> None:
        raise ZeroDivisionError

    federation.register("test.broken", take=broken)
    said = post(
        hebei.envelope(hebei.event("test.broken")),
        hebei.envelope(hebei.event(seq=2)),
        hebei.envelope(hebei.event(subject="other")),
    )
    assert [outcome(line)[0] for line in said] == ["failed", "gap", "taken"]
    assert app.effects == 1


def with_data(hebei: OtherNode, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    file = {
        "id": new_id("hebei"),
        "size": 1,
        "media_type": "application/pdf",
        "digest": "0" * 64,
        "sealed_size": 50,
        "token": "0" * 64,
        "key": "0" * 64,
    } | changes
    return hebei.event(files=[file])


@pytest.mark.parametrize(
    "change",
    [
        {"id": "hebei-1"},
        {"id": 5},
        {"id": f"tianjin-{'0' * 32}"},
        {"id": f"hebei-{'0' * 32}\n"},
        {"seq": 0},
        {"seq": -1},
        {"seq": True},
        {"seq": "1"},
        {"seq": 2**31},
        {"subject": ""},
        {"subject": "x" * 50},
        {"subject": "a\x00b"},
        {"subject": None},
        {"type": "cn.tongban." + "x" * 61 + ".v1"},
        {"type": "org.other.kind"},
        {"type": 1},
        {"specversion": "2.0"},
        {"data": None},
        {"data": 5},
        {"data": ["body", "files"]},
        {"data": {"body": [], "files": []}},
        {"data": {"body": {}, "files": {}}},
        {"data": {"body": {}, "files": [5]}},
        {"data": {"body": {}, "files": [], "more": 1}},
        {"data": {"body": {}, "files": [{}] * 501}},
    ],
)
def test_a_message_of_another_form_is_unfit_and_nothing_worse(
    hebei: OtherNode, app: App, change: dict[str, Any]
) -> None:
    stood = everything()
    [answer] = post(hebei.envelope(hebei.event() | change))
    assert outcome(answer) == ("unfit", "federation.envelope_unfit")
    assert value_of(answer)["why"] == "not of the form of a message"
    assert (everything(), app.taken) == (stood, [])


@pytest.mark.parametrize(
    "change",
    [
        {"id": "../../keys/node"},
        {"id": "/etc/passwd"},
        {"token": "../document"},
        {"token": "0" * 63 + "\n"},
        {"token": "a b"},
        {"sealed_size": -1},
        {"sealed_size": 2**40},
        {"size": "1"},
        {"key": "xyz"},
        {"digest": 0},
    ],
)
def test_a_file_of_another_form_is_unfit_and_leaves_nothing_on_the_disk(
    hebei: OtherNode, app: App, change: dict[str, Any]
) -> None:
    [answer] = post(hebei.envelope(with_data(hebei, **change)))
    assert outcome(answer) == ("unfit", "federation.envelope_unfit")
    assert not (known.folder() / "incoming").exists()


def test_who_is_not_sure_is_told_why(
    hebei: OtherNode, app: App, settings: Settings, beijing: Document
) -> None:
    stranger = OtherNode("tianjin", ["120000"])
    impostor = OtherNode("hebei", ["130000"])
    stood = everything()
    with capture_logs() as logs:
        said = post(
            stranger.envelope(stranger.event()),
            impostor.envelope(impostor.event()),
            hebei.envelope(hebei.event(recipient="tianjin")),
            hebei.envelope(stranger.event()),
            encrypt(hebei.sign(hebei.event()), stranger.document),
            "garbage",
            "",
            "\x0b\x1c",
            "北京",
            "x" * (MOST_ENVELOPE + 1),
        )
    assert [(*outcome(line), value_of(line)["why"]) for line in said] == [
        ("unfit", "federation.peer_unknown", ""),
        ("unfit", "federation.sender_unsure", "signed by a key that is not in force"),
        ("unfit", "federation.envelope_unfit", "addressed to another node"),
        ("unfit", "federation.peer_unknown", ""),
        ("unfit", "federation.envelope_unfit", "encrypted to a key that this node hasn't"),
        *[("unfit", "federation.envelope_unfit", value_of(line)["why"]) for line in said[5:9]],
        ("unfit", "federation.envelope_unfit", "too long"),
    ]
    assert all(value_of(line)["message"] == "" for line in said[4:])
    assert everything() == stood
    assert {key for one in logs for key in one} == {"event", "log_level", "code", "why"}


def test_a_retired_node_is_heard_no_more(hebei: OtherNode, app: App) -> None:
    federation.retire("hebei")
    body = f"{hebei.envelope(hebei.event())}\n".encode()
    answer = asked(body)
    assert (answer.status_code, answer.json()["code"]) == (401, "federation.request_unsigned")
    [line] = federation.take_all(body).decode().splitlines()  # as from a disk
    assert outcome(line) == ("unfit", "federation.peer_unknown")
    assert app.effects == 0


def test_fifty_are_taken_in_one_request_and_no_more(hebei: OtherNode, app: App) -> None:
    lines = [hebei.envelope(hebei.event(seq=seq)) for seq in range(1, BATCH + 3)]
    said = post(*lines)
    assert [outcome(line)[0] for line in said] == ["taken"] * 50
    assert [message.seq for message in app.taken] == list(range(1, 51))
    assert [outcome(line)[0] for line in post(*lines[BATCH:])] == ["taken", "taken"]


def test_a_body_that_is_too_large_is_not_read(hebei: OtherNode, app: App) -> None:
    for size in (MOST_BODY + 1, 25 * 2**20):
        body = b"x" * size
        assert asked(body).status_code == 413
    assert [outcome(line)[0] for line in raw(b"\n".join([b"y" * 1000] * 49))] == ["unfit"] * 49


def test_alone_a_node_has_no_inbox_and_no_document(home: Any, region: None) -> None:  # noqa: ANN401
    answer = Client().post("/node/inbox", b"x\n", content_type="application/jose")
    assert (answer.status_code, answer.content) == (404, b"")
    assert Client().get("/node/document").status_code == 404
    assert Client().get(f"/node/files/{'0' * 64}").status_code == 404


def test_the_document_is_shown_to_all(beijing: Document) -> None:
    answer = Client().get("/node/document")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/jose")
    assert answer.content.decode() == f"{beijing.text}\n"
    assert Client().get("/node/inbox").status_code == 405
    assert Client().post("/node/document").status_code == 405


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_the_same_message_at_once_takes_effect_once(hebei: OtherNode, app: App) -> None:
    line = hebei.envelope(hebei.event())
    answers = in_threads(4, lambda _: post(line))
    assert answers == [answers[0]] * 4
    assert outcome(answers[0][0]) == ("taken", "")
    assert (app.effects, InMessage.objects.count()) == (1, 1)


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_of_two_messages_with_one_number_at_once_one_is_taken(hebei: OtherNode, app: App) -> None:
    lines = [hebei.envelope(hebei.event()) for _ in range(3)]
    said = sorted(outcome(answer[0]) for answer in in_threads(3, lambda n: post(lines[n])))
    assert said == [
        ("taken", ""),
        ("unfit", "federation.number_taken"),
        ("unfit", "federation.number_taken"),
    ]
    assert (app.effects, InMessage.objects.count()) == (1, 1)


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_effect_and_record_are_one(
    hebei: OtherNode, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A death after the effect and before the record leaves neither."""

    def dies(*_: object, **__: object) -> str:
        raise SystemExit

    event = hebei.event()
    opened = Opened(event=event, signed=hebei.sign(event), at=NOW)
    with monkeypatch.context() as patched:
        patched.setattr(taking, "_say", dies)
        with pytest.raises(SystemExit):
            taking.take(opened)
    assert (len(app.taken), app.effects, InMessage.objects.count()) == (1, 0, 0)
    connections["default"].close()
    assert outcome(taking.take(opened)) == ("taken", "")
    assert (app.effects, InMessage.objects.count()) == (1, 1)


def test_logs_and_addresses_hold_nothing_of_a_message(
    hebei: OtherNode, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever comes of it: taken, refused, failed, unfit."""
    private = "张三 13800000000"
    bodies: list[Any] = [{"n": 1, "name": private}, {"n": private}, {private: 1}]
    lines = [hebei.envelope(hebei.event(seq=seq, body=one)) for seq, one in enumerate(bodies, 1)]
    lines.append(hebei.envelope(hebei.event(seq=4, type=private)))
    lines.append(hebei.envelope(hebei.event(seq=4, subject=private)))
    with capture_logs() as logs:
        app.failing = ValueError(private)
        post(*lines)
        app.failing = None
        said = post(*lines)
    assert [outcome(line)[0] for line in said] == ["taken", "refused", "refused", "unfit", "unfit"]
    for one in logs:
        one.pop("exc_info", None)  # site.logs keeps its class and frames alone
    assert private not in str(logs)
    assert private not in caplog.text.replace(f"ValueError: {private}", "")
    assert private not in "".join(map(str, map(value_of, said)))
