"""Files on their way: fetched from where it broke off, taken as their message tells of them."""

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.http import FileResponse
from django.test import Client

from federation.other_node import Line, OtherNode, served, sha256, value_of
from federation.test_inbox import outcome, post
from tongban.federation import api as federation
from tongban.federation import known
from tongban.federation.actions import fetching
from tongban.federation.actions.sweeping import sweep
from tongban.federation.models import InMessage, OutFile, OutMessage
from tongban.federation.rules import MOST_FILE
from tongban.federation.shapes import FILE_TABLE, REGISTRY, file_key
from tongban.kernel.ids import new_id
from tongban.vault import api as vault

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
CONTENT = b"%PDF-1.4 " + bytes(range(256)) * 600


class App:
    """An app above: it reads the files of what it takes."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def take(self, message: federation.Message) -> None:
        self.taken += [b"".join(one.blocks()) for one in message.files]


@pytest.fixture
def app(home: Path) -> App:
    found = App()
    federation.register("test.kind", take=found.take)
    return found


@pytest.fixture
def line(hebei: OtherNode, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    monkeypatch.setattr(fetching, "_failed", {})
    with served(hebei) as found:
        federation.trust(hebei.text)
        yield found


def again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the wait after a failure be over."""
    monkeypatch.setattr(fetching, "_failed", {})


def left(home: Path, part: str = "incoming") -> list[str]:
    """Return the files that lie in a folder of the node."""
    return sorted(
        str(one.relative_to(home / "node" / part))
        for one in (home / "node" / part).rglob("*")
        if one.is_file()
    )


def waiting(hebei: OtherNode, told: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Let a message with a file come; return its envelope and itself."""
    event = hebei.event(files=[told])
    envelope = hebei.envelope(event)
    [answer] = post(envelope)
    assert (outcome(answer), value_of(answer)["files"]) == (("later", ""), 1)
    assert InMessage.objects.count() == 0
    return envelope, event


def test_a_message_waits_for_its_files_and_leaves_nothing(line: Line, app: App, home: Path) -> None:
    told = line.node.packed(CONTENT)
    envelope, event = waiting(line.node, told)
    assert left(home) == [f"{event['id']}/{told['id']}.wanted"]
    assert federation.deliver_once() == 1
    assert (line.paths, line.ranges) == ([f"/node/files/{told['token']}"], ["bytes=0-"])
    [answer] = post(envelope)
    assert (outcome(answer), app.taken) == (("taken", ""), [CONTENT])
    assert post(envelope) == [answer]


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_what_was_taken_or_refused_lies_about_no_longer(line: Line, app: App, home: Path) -> None:
    for seq, kind in enumerate(("test.kind", "test.unknown"), 1):
        told = line.node.packed(CONTENT)
        envelope = line.node.envelope(line.node.event(kind, seq=seq, files=[told]))
        post(envelope)
        federation.deliver_once()
        assert left(home) != []
        post(envelope)
        assert list((home / "node" / "incoming").iterdir()) == []


def test_it_goes_on_from_where_it_broke_off(
    line: Line, app: App, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = line.node.packed(CONTENT)
    envelope, event = waiting(line.node, told)
    size = told["sealed_size"]
    for cut in (70_000, 100_000):
        line.cut_at = cut
        assert federation.deliver_once() == 0
        part = home / "node" / "incoming" / event["id"] / f"{told['id']}.part"
        assert part.read_bytes() == line.node.files[told["token"]][:cut]
        came = len(line.paths)
        assert federation.deliver_once() == 0
        assert len(line.paths) == came  # it is let be for a while
        again(monkeypatch)
    line.cut_at = None
    assert federation.deliver_once() == 1
    assert line.ranges == ["bytes=0-", "bytes=70000-", "bytes=100000-"]
    assert part.with_suffix("").stat().st_size == size
    assert outcome(post(envelope)[0]) == ("taken", "")
    assert app.taken == [CONTENT]


def test_a_file_of_another_size_is_refused_for_good(line: Line, app: App) -> None:
    for seq, changed in enumerate((-1, 1), 1):
        told = line.node.packed(CONTENT)
        told["sealed_size"] += changed
        envelope = line.node.envelope(line.node.event(files=[told], seq=seq))
        post(envelope)
        assert federation.deliver_once() == 0
        assert outcome(post(envelope)[0]) == ("refused", "federation.file_unfit")
    assert app.taken == []
    assert federation.deliver_once() == 0
    assert len(line.paths) == 2


@pytest.mark.parametrize(
    "spoilt",
    [
        {"key": "0" * 64},
        {"digest": "0" * 64},
        {"size": 5},
        {"size": len(CONTENT) + 1},
    ],
)
def test_a_file_with_other_bytes_is_refused_for_good(
    line: Line, app: App, spoilt: dict[str, Any]
) -> None:
    told = line.node.packed(CONTENT, **spoilt)
    envelope, _ = waiting(line.node, told)
    assert federation.deliver_once() == 1
    [answer] = post(envelope)
    assert (outcome(answer), app.taken) == (("refused", "federation.file_unfit"), [])
    assert post(envelope) == [answer]
    assert InMessage.objects.get().taken is False


def test_changed_bytes_on_the_way_are_refused(line: Line, app: App) -> None:
    told = line.node.packed(CONTENT)
    sealed = line.node.files[told["token"]]
    line.node.files[told["token"]] = sealed[:500] + bytes([sealed[500] ^ 1]) + sealed[501:]
    envelope, _ = waiting(line.node, told)
    assert federation.deliver_once() == 1
    assert outcome(post(envelope)[0]) == ("refused", "federation.file_unfit")


def test_a_file_that_is_not_there_is_waited_for(
    line: Line, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = line.node.packed(CONTENT)
    content = line.node.files.pop(told["token"])
    envelope, _ = waiting(line.node, told)
    for _ in range(3):
        assert federation.deliver_once() == 0
        again(monkeypatch)
        assert outcome(post(envelope)[0]) == ("later", "")
    line.node.files[told["token"]] = content
    assert federation.deliver_once() == 1
    assert outcome(post(envelope)[0]) == ("taken", "")


def test_files_that_do_not_come_hold_up_no_message(line: Line, app: App) -> None:
    line.node.files.clear()
    waiting(line.node, line.node.packed(CONTENT) | {"token": "0" * 64})
    with transaction.atomic():
        federation.send(to="hebei", kind="test.kind", lane="lane", data={})
    assert federation.deliver_once() == 1


def test_files_of_others_are_not_asked_of_this_peer(line: Line, app: App) -> None:
    tianjin = OtherNode("tianjin", ["120000"]).trusted()
    post(tianjin.envelope(tianjin.event(files=[tianjin.packed(CONTENT)])))
    federation.deliver_once()
    assert line.paths == []


# This node's own files.


@pytest.fixture
def own_file(monkeypatch: pytest.MonkeyPatch) -> federation.FileRef:
    monkeypatch.setattr(REGISTRY, "open_file", lambda _: iter([CONTENT[:99], CONTENT[99:]]))
    return federation.FileRef(
        id=new_id("beijing"),
        size=len(CONTENT),
        media_type="application/pdf",
        digest=sha256(CONTENT),
    )


def send(own_file: federation.FileRef) -> str:
    with transaction.atomic():
        return federation.send(to="hebei", kind="test.kind", lane="lane", data={}, files=[own_file])


def content_of(answer: Any) -> bytes:  # noqa: ANN401 - a test client's
    assert isinstance(answer, FileResponse)
    return b"".join(answer.streaming_content)  # type: ignore[arg-type] # synchronous here


def test_only_who_has_the_message_fetches_and_opens_its_file(
    line: Line, own_file: federation.FileRef, home: Path
) -> None:
    send(own_file)
    line.say = lambda signed: line.node.answer(signed, "later", files=1)
    federation.deliver_once()
    [message] = line.taken()
    [told] = message["data"]["files"]
    assert set(told) == {"id", "size", "media_type", "digest", "sealed_size", "token", "key"}
    digest = hashlib.sha256(told["token"].encode()).hexdigest()
    [name] = left(home, "outgoing")
    assert name == digest
    assert OutFile.objects.get().token_digest == digest
    sealed = (home / "node" / "outgoing" / name).read_bytes()
    assert b"%PDF" not in sealed
    client, url = Client(), f"/node/files/{told['token']}"
    whole = client.get(url, headers=line.node.call("GET", url))
    assert (whole.status_code, content_of(whole)) == (200, sealed)
    assert whole["Content-Length"] == str(told["sealed_size"])
    part = client.get(url, headers=line.node.call("GET", url, Range="bytes=100-"))
    assert (part.status_code, content_of(part)) == (206, sealed[100:])
    assert part["Content-Range"] == f"bytes 100-{len(sealed) - 1}/{len(sealed)}"
    assert part["Content-Length"] == str(len(sealed) - 100)
    beyond = client.get(url, headers=line.node.call("GET", url, Range=f"bytes={len(sealed)}-"))
    assert (beyond.status_code, beyond.content) == (416, b"")
    for odd in ("bytes=-5", "bytes=1-2", "bytes=a-", "lines=1-", "bytes=" + "9" * 40 + "-"):
        assert content_of(client.get(url, headers=line.node.call("GET", url, Range=odd))) == sealed
    (home / "sealed").write_bytes(sealed)
    with (home / "sealed").open("rb") as file:
        clear = vault.unseal_stream(
            key=file_key(told["id"], bytes.fromhex(told["key"])),
            table=FILE_TABLE,
            row=told["id"],
            column="file",
            sealed=file,
        )
        assert b"".join(clear) == CONTENT


def test_no_token_tells_anything_but_the_right_one(
    line: Line, own_file: federation.FileRef, home: Path
) -> None:
    """Neither a digest of the database nor a name of the disk opens a file."""
    message_id = send(own_file)
    [name] = left(home, "outgoing")
    line.say = lambda signed: line.node.answer(signed, "later", files=1)
    federation.deliver_once()
    token = line.taken()[0]["data"]["files"][0]["token"]
    client = Client()
    wrong = [
        name,
        message_id,
        own_file.id,
        token[:-1],
        token.upper(),
        f"{token}%00",
        "0" * 64,
        "..%2Foutgoing%2F" + name,
        "%2e%2e",
        "x" * 5000,
    ]
    for name_of_none in wrong:
        url = f"/node/files/{name_of_none}"
        answer = client.get(url, headers=line.node.call("GET", url))
        assert answer.status_code in {401, 404}  # 401: not the address that was signed
        if "%" not in name_of_none:
            assert answer.status_code == 404
            assert "federation.file_gone" in answer.content.decode()
    assert client.get(f"/node/files/../outgoing/{name}").status_code == 404
    (home / "node" / "outgoing" / name).unlink()
    url = f"/node/files/{token}"
    assert client.get(url, headers=line.node.call("GET", url)).status_code == 404


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_when_it_is_answered_its_files_are_gone_here_too(
    line: Line, own_file: federation.FileRef, home: Path
) -> None:
    send(own_file)
    line.say = lambda signed: line.node.answer(signed, "later", files=1)
    federation.deliver_once()
    token = line.taken()[0]["data"]["files"][0]["token"]
    assert (len(left(home, "outgoing")), OutFile.objects.count()) == (1, 1)
    OutMessage.objects.update(next_at="2026-11-26T03:00:00Z")
    line.say = line.node.answer
    assert federation.deliver_once() == 1
    assert (left(home, "outgoing"), OutFile.objects.count()) == ([], 0)
    url = f"/node/files/{token}"
    assert Client().get(url, headers=line.node.call("GET", url)).status_code == 404


def test_a_file_that_is_too_large_is_not_sent(
    line: Line, own_file: federation.FileRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = b"x" * 2**20
    monkeypatch.setattr(REGISTRY, "open_file", lambda _: (block for _ in range(MOST_FILE >> 20)))
    with pytest.raises(ValueError, match="larger than"):
        send(own_file)
    assert OutMessage.objects.count() == 0


def test_what_no_message_waits_for_is_swept(
    line: Line, app: App, own_file: federation.FileRef, home: Path
) -> None:
    def aged(path: Path, days: float) -> None:
        moment = time.time() - days * 24 * 3600
        os.utime(path, (moment, moment))

    for known_one in ("document", "peers/hebei"):
        aged(home / "node" / known_one, 400)
    outgoing, incoming = known.folder() / "outgoing", known.folder() / "incoming"
    send(own_file)
    [kept] = left(home, "outgoing")
    aged(outgoing / kept, 30)
    for name, days in (("rolled-back", 1.1), ("under-way", 0.9)):
        (outgoing / name).write_bytes(b"x")
        aged(outgoing / name, days)
    event = line.node.event()
    post(line.node.envelope(event))
    young, dead = new_id("hebei"), new_id("hebei")
    for name, days in ((event["id"], 2), (young, 7.9), (dead, 8.1)):
        (incoming / name).mkdir(parents=True)
        (incoming / name / "x.part").write_bytes(b"x")
        aged(incoming / name, days)
    assert sweep() == 3
    assert sorted(left(home, "outgoing")) == sorted([kept, "under-way"])
    assert left(home) == [f"{young}/x.part"]
    assert sweep() == 0
    assert (home / "node" / "document").is_file()
    assert list(federation.trusted()) == ["hebei"]


def test_a_swept_message_that_comes_after_all_is_fetched_anew(
    line: Line, app: App, home: Path
) -> None:
    told = line.node.packed(CONTENT)
    envelope, event = waiting(line.node, told)
    os.utime(home / "node" / "incoming" / event["id"], (0, 0))
    assert sweep() == 1
    assert outcome(post(envelope)[0]) == ("later", "")
    assert federation.deliver_once() == 1
    assert outcome(post(envelope)[0]) == ("taken", "")
