"""``tongban node``: what each of its verbs prints, and how it ends."""

import argparse
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from federation.conftest import NOW, beijing, hebei, home
from federation.other_node import OtherNode, served
from support.contents import everything
from support.node import Node
from tongban.federation import api as federation
from tongban.federation import keys, known
from tongban.federation.document import parse
from tongban.federation.errors import DocumentUnfit, NoDocument, PeerUnknown
from tongban.federation.models import OutMessage
from tongban.kernel import clock
from tongban.kernel.errors import Refusal
from tongban.places.errors import PlaceMissing
from tongban.site.commands import node as command

__all__ = ["beijing", "hebei", "home"]
pytestmark = pytest.mark.django_db(databases=["default", "keys"])
AGREEMENT = "agreement-tongzhou-dachang"
HEBEI = ["130000"]


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    return command.run(parser.parse_args(list(words)))


def init(*places: str, address: str = "https://beijing.example") -> int:
    return run("init", "--places", ",".join(places), "--address", address)


def out(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def send(lane: str = "lane") -> str:
    with transaction.atomic():
        return federation.send(to="hebei", kind="case.told", lane=lane, data={})


def test_init_states_who_this_node_is(
    home: Path, region: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init("110000", " 120000 ", "") == 0
    own = known.own()
    assert own is not None
    assert out(capsys) == [
        "node beijing, document 1, at https://beijing.example",
        "hosts 110000, 120000, each with all below it",
        f"fingerprint: {own.fingerprint}",
    ]
    assert init() == 0  # a node that only takes in hosts nothing
    assert out(capsys)[:2] == [
        "node beijing, document 2, at https://beijing.example",
        "hosts no place, each with all below it",
    ]


def test_show_prints_the_document_and_nothing_else(
    beijing: federation.Document, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("show") == 0
    shown = capsys.readouterr()
    assert parse(shown.out) == beijing
    assert shown.err == f"fingerprint: {beijing.fingerprint}\n"


@pytest.mark.parametrize("words", [["show"], ["rotate"], ["peers"]])
def test_a_node_that_is_alone_says_so(home: Path, words: list[str]) -> None:
    with pytest.raises(NoDocument):
        run(*words)
    assert not (home / "node").exists()
    assert not (home / "keys" / "node.jwks").exists()


def test_trust_shows_first_and_trusts_when_told(
    beijing: federation.Document, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = OtherNode("hebei", HEBEI)
    file = tmp_path / "hebei.node"
    file.write_text(f"\n{other.text}\n\n")
    shown = [
        "node hebei, document 1, at http://127.0.0.1:9",
        "hosts 130000, each with all below it",
        f"fingerprint: {other.fingerprint}",
    ]
    stood = everything()
    assert run("trust", str(file)) == 1
    assert out(capsys) == [
        *shown,
        "compare the fingerprint with its operator, then run this again with --yes",
    ]
    assert (federation.trusted(), everything()) == ({}, stood)
    assert run("trust", str(file), "--yes") == 0
    assert out(capsys) == [
        *shown,
        "hebei is trusted",
        (
            f"agreement {AGREEMENT} waits for both nodes' signatures: "
            f"tongban agreement sign {AGREEMENT}"
        ),
        "editions on their way to hebei: 1",
    ]
    assert federation.trusted() == {"hebei": other.document}
    file.write_text(other.state(address="https://hebei.example"))
    assert run("trust", str(file)) == 1
    assert out(capsys)[3:5] == [
        "trusted now: document 1, hosts 130000",
        f"fingerprint now: {other.fingerprint}",
    ]


@pytest.mark.parametrize("content", [b"", b"x", b"\xff\xfe", b"a.b.c", b"x" * 70_000])
def test_what_is_no_document_is_refused(
    beijing: federation.Document, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "odd.node"
    file.write_bytes(content)
    with pytest.raises(DocumentUnfit):
        run("trust", str(file), "--yes")
    assert federation.trusted() == {}


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["init", "--places", "999999", "--address", "https://x"], PlaceMissing),
        (["init", "--places", "130000", "--address", "https://x"], DocumentUnfit),
        (["init", "--places", "110000", "--address", "beijing.example"], DocumentUnfit),
        (["retire", "tianjin"], PeerUnknown),
        (["export", "disk", "--to", "tianjin"], PeerUnknown),
    ],
)
def test_what_is_refused_changes_nothing(
    hebei: OtherNode, words: list[str], error: type[Refusal], home: Path
) -> None:
    stood, held, own = everything(), keys.read(), known.own()
    with pytest.raises(error):
        run(*words)
    assert (everything(), keys.read(), known.own()) == (stood, held, own)
    assert federation.trusted() == {"hebei": hebei.document}


def test_retire_and_what_still_waits_is_told(
    hebei: OtherNode, capsys: pytest.CaptureFixture[str]
) -> None:
    send()
    assert run("retire", "hebei") == 0
    assert out(capsys) == ["hebei is trusted no more: nothing is sent to it or taken from it"]
    assert run("peers") == 0
    assert out(capsys) == [
        "this node: beijing, document 1, hosts 110000",
        "hebei: not trusted; 1 messages wait until it is",
    ]


def test_rotate_makes_new_keys_and_says_what_to_do(
    beijing: federation.Document, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("rotate") == 0
    own = known.own()
    assert own is not None
    assert own.fingerprint != beijing.fingerprint
    assert out(capsys) == [
        "node beijing, document 2, at https://beijing.example",
        "hosts 110000, each with all below it",
        f"fingerprint: {own.fingerprint}",
        "give the new document to every node that trusts this one: `tongban node show`",
    ]


def test_peers_tells_what_waits_and_since_when(
    hebei: OtherNode, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("peers") == 0
    assert [one for one in out(capsys) if "checked" not in one] == [
        "this node: beijing, document 1, hosts 110000",
        "hebei: http://127.0.0.1:9, document 1, hosts 130000",
        "  last message from it: never",
    ]
    send()
    with clock.held_at(NOW + timedelta(seconds=90)):
        send("other")
        OutMessage.objects.filter(lane="other").update(given_up=True)
        assert run("peers") == 0
    assert out(capsys)[-1] == "  2 messages wait for it, the oldest for 90 s; given up: 1"


def test_letters_names_what_was_given_up_and_revives_it(
    hebei: OtherNode, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("letters") == 0
    assert out(capsys) == []
    message_id = send()
    assert run("letters", "--revive", message_id) == 1  # it waits as it is
    assert capsys.readouterr().err == f"no message {message_id} was given up\n"
    OutMessage.objects.update(given_up=True, trouble="no answer: HTTP 503")
    assert run("letters") == 1
    assert out(capsys) == [f"{message_id}  case.told of lane to hebei: no answer: HTTP 503"]
    assert run("letters", "--revive", message_id) == 0
    assert out(capsys) == [f"{message_id} waits to be sent"]
    assert run("letters") == 0
    with served(hebei) as line:
        federation.trust(hebei.text)
        assert federation.deliver_once() == 1
        assert [one["id"] for one in line.taken()] == [message_id]


def test_as_a_command_a_refusal_is_a_line_and_one(live_node: Node, tmp_path: Path) -> None:
    def tongban(*words: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "tongban.site.cli", "node", *words],
            env=live_node.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    assert tongban("show") == (
        1,
        "",
        "tongban: federation.no_document: 本节点还没有节点文件。\n",
    )
    assert tongban("trust", str(tmp_path / "missing.node")) == (
        1,
        "",
        "tongban: missing.node can't be read: No such file or directory\n",
    )
