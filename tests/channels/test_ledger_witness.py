"""The witness's addresses: exact statuses and types, for machines that have no session."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from evidence.core.small_log import SmallLog
from evidence.small_witnesses import get, post, witnesses_logs
from support.node import Node
from tongban.evidence import api as evidence
from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.keys import NoteKey
from tongban.evidence.core.note import Note, Verifiers, open_note
from tongban.evidence.core.policy import LogLine, Policy, WitnessLine, evaluate
from tongban.evidence.core.witness import AddCheckpoint
from tongban.evidence.witnessing.gathering import forget_sizes
from tongban.evidence.witnessing.store import origin_hash
from tongban.kernel.suites import suite

LOG = SmallLog.counting(20)
ORIGIN = LOG.signer.key.name
FORK = SmallLog.counting(20, prefix="fork")
TEXT = "text/plain; charset=utf-8"
PATH = f"/{origin_hash(ORIGIN)}/checkpoint"


@pytest.fixture
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    settings.HOME = tmp_path
    settings.NODE = "log.example"
    forget_sizes()
    yield tmp_path
    forget_sizes()


def asked(old: int, new: int, log: SmallLog = LOG) -> bytes:
    return AddCheckpoint.prove(old, log.note(new), log.get_hash).data


def test_the_addresses_ask_no_database_no_session_and_no_form_token(home: Path) -> None:
    witnesses_logs(LOG.signer.key)
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/witness/add-checkpoint", asked(0, 5), content_type="text/plain")
    assert (answer.status_code, answer["Content-Type"]) == (200, TEXT)
    assert not answer.cookies
    shown = client.get(f"/witness{PATH}")
    assert (shown.status_code, shown["Content-Type"]) == (200, TEXT)
    assert shown.content == evidence.held_checkpoint(origin_hash(ORIGIN))
    assert client.get("/witness/vkey").content.decode() == f"{evidence.witness_vkey()}\n"


def test_each_status_of_the_specification_goes_over_the_wire(home: Path) -> None:
    witnesses_logs(LOG.signer.key)
    client = Client()

    def send(body: bytes) -> tuple[int, str]:
        answer = client.post("/witness/add-checkpoint", body, content_type="text/plain")
        return answer.status_code, answer["Content-Type"]

    unknown = SmallLog.counting(5, origin="example.org/unknown")
    assert send(asked(0, 5)) == (200, TEXT)
    assert send(b"") == (400, TEXT)
    assert send(b"a" * 2**16) == (400, TEXT)
    assert send(b"a" * (2**16 + 1)) == (413, TEXT)
    assert send(asked(0, 5, unknown)) == (404, TEXT)
    assert send(asked(0, 12)) == (409, "text/x.tlog.size")
    assert send(asked(5, 5, FORK)) == (422, TEXT)
    assert client.get("/witness/add-checkpoint").status_code == 405
    assert client.post(f"/witness{PATH}").status_code == 405
    for hashed in (origin_hash("b"), origin_hash(ORIGIN).upper(), "ab", ORIGIN):
        assert client.get(f"/witness/{hashed}/checkpoint").status_code == 404


def test_a_witness_that_can_not_sign_says_so_without_details(home: Path) -> None:
    witnesses_logs(LOG.signer.key)
    (home / "keys").mkdir()
    (home / "keys" / "witness.key").write_bytes(bytes(32))
    client = Client()
    for answer in (
        client.post("/witness/add-checkpoint", asked(0, 5), content_type="text/plain"),
        client.get("/witness/vkey"),
    ):
        assert answer.status_code == 503
        assert answer.content == b"this witness can't answer at present\n"
    (home / "witness" / "witness.sqlite3").write_bytes(b"no database" * 1000)
    assert client.get(f"/witness{PATH}").status_code == 503


def test_a_live_node_witnesses_a_log_over_http_through_a_kill(
    make_node: Callable[..., Node], home: Path
) -> None:
    node = make_node(TONGBAN_NODE="w1")
    logs = node.home / "witness" / "logs"
    logs.parent.mkdir(exist_ok=True)
    logs.write_text(f"{LOG.signer.key.vkey}\n")
    key = NoteKey.parse(get(f"{node.url}/witness", "/vkey")[2].decode().strip())
    assert key.name == "w1/witness"
    policy = Policy(
        (LogLine(LOG.signer.key),), (WitnessLine("w1", key, f"{node.url}/witness"),), (), "w1"
    )
    (home / "log").mkdir()
    (home / "log" / "policy").write_bytes(policy.data)

    def gathered(size: int, log: SmallLog = LOG) -> bool:
        note = evidence.gather(
            note=log.note(size).data,
            checkpoint=log.checkpoint(size),
            prove=lambda old: tuple(log.consistency(old, size)),
            deadline_s=20,
        )
        return evaluate(Note.parse(note), policy, suite).quorum_reached

    assert gathered(5)
    assert gathered(12)
    node.kill("serve")
    assert not gathered(20)
    node.start("serve")
    node.wait_until_ready()
    assert not gathered(12, FORK)
    assert gathered(20)
    served = get(f"{node.url}/witness", PATH)
    assert served[:2] == (200, TEXT)
    note = Note.parse(served[2])
    assert Checkpoint.parse(note.text) == LOG.checkpoint(20)
    assert len(open_note(note, Verifiers([LOG.signer.key, key], suite)).signed) == 2
    assert post(f"{node.url}/witness", asked(0, 20)) == (409, "text/x.tlog.size", b"20\n")
    assert post(f"{node.url}/witness", b"a" * 2**20)[0] == 413
    with pytest.raises(AssertionError, match="witnesses: DAMAGED: fork of the log"):
        node.command("verify")
