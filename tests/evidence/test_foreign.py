"""Programs by others that know C2SP and nothing of Tongban: they accept what this log hands out.

They are given the bytes of the files, read here as their formats say, without our readers.
"""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import metamorphic_log
import pytest
from pytest_django import Settings

from evidence.core.small_log import SmallLog, suites
from evidence.receipts.by_others import Entry, is_accepted
from evidence.receipts.small_receipt import cases
from evidence.small_witnesses import asks, get, post
from tongban.evidence import api
from tongban.evidence.core.keys import NoteKey
from tongban.evidence.core.note import Note, Verifiers, open_note
from tongban.evidence.core.witness import AddCheckpoint
from tongban.evidence.witnessing.gathering import forget_sizes

CASES = {case.name: case for case in cases()}
needs_3_12 = pytest.mark.skipif(
    find_spec("aics_tlog") is None, reason="this verifier and its witness need Python 3.12"
)


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("good", True),
        ("a part is shown", True),
        ("signed by a stranger as well", True),
        ("a witness too few", True),  # this verifier asks no witness
        ("leaf changed", False),
        ("a hash of the proof changed", False),
        ("a hash too many", False),
        ("no hashes", False),
        ("another index", False),
        ("the proof of another entry", False),
        ("the size was changed", False),
        ("the log's signature is wrong", False),
        ("the log didn't sign", False),
    ],
)
def test_a_verifier_by_others_says_the_same_of_note_and_inclusion(
    name: str, *, accepted: bool
) -> None:
    assert is_accepted(Entry.first(CASES[name].data)) is accepted


@pytest.mark.parametrize(("old", "new"), [(1, 2), (3, 7), (8, 9), (6, 8), (255, 257), (4, 300)])
def test_a_verifier_by_others_accepts_that_the_log_only_grew(old: int, new: int) -> None:
    log = SmallLog.counting(300)
    older, newer = log.note(old).data.decode(), log.note(new).data.decode()
    proof, vkeys = log.consistency(old, new), [log.signer.key.vkey]
    metamorphic_log.checkpoint_verify_consistency(older, newer, vkeys, proof)
    forked = SmallLog.counting(300, prefix="fork").note(new).data.decode()
    with pytest.raises(metamorphic_log.VerifyError):
        metamorphic_log.checkpoint_verify_consistency(older, forked, vkeys, proof)


@needs_3_12
@pytest.mark.parametrize(
    ("name", "quorum", "reached"),
    [
        ("good", 2, True),
        ("good", 3, False),
        ("a witness too few", 2, False),
        ("a witness's signature is wrong", 2, False),
        ("the log's signature is wrong", 2, False),
    ],
)
def test_a_verifier_by_others_counts_the_same_cosignatures(
    name: str, quorum: int, *, reached: bool
) -> None:
    from aics_tlog import parse_note, parse_vkey, verify_checkpoint  # noqa: PLC0415 - see above

    files = Entry.first(CASES[name].data)
    witnesses = list(map(parse_vkey, files.witness_vkeys))
    found = verify_checkpoint(
        parse_note(files.note), parse_vkey(files.log_vkey), witnesses, quorum=quorum
    )
    assert found.ok is reached


@contextmanager
def foreign_witness(home: Path, log: NoteKey) -> Iterator[tuple[str, NoteKey]]:
    """Run the foreign witness for a log; yields its address and its key."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "AICS_WITNESS_CONFIG": str(home / "witness.json")}
    command = [sys.executable, "-m", "aics_witness"]

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [*command, *arguments], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    told = run("init", "--name", "witness.example/w1")
    run("add-log", "--origin", log.name, "--vkey", log.vkey)
    server = subprocess.Popen([*command, "serve", "--listen", f"127.0.0.1:{port}"], env=environment)
    try:
        _wait_for(f"http://127.0.0.1:{port}")
        vkey = next(word for word in told.split() if word.startswith("witness.example/w1+"))
        yield f"http://127.0.0.1:{port}", NoteKey.parse(vkey)
    finally:
        server.terminate()
        server.wait()


def prove_to(new: int, log: SmallLog) -> Callable[[int], tuple[bytes, ...]]:
    return lambda old: tuple(log.consistency(old, new)) if old else ()


def _wait_for(url: str) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError):
            if get(url, "/healthz")[0] == 200:
                return
        time.sleep(0.05)
    message = "the foreign witness doesn't answer"
    raise AssertionError(message)


@needs_3_12
def test_a_witness_by_others_cosigns_this_log_as_it_grows_and_no_fork(
    tmp_path: Path, settings: Settings
) -> None:
    settings.HOME = tmp_path
    forget_sizes()
    log, fork = SmallLog.counting(20), SmallLog.counting(30, prefix="fork")
    with foreign_witness(tmp_path, log.signer.key) as (url, key):
        asks(log, [(key, url)])
        for size in (5, 20):
            note = api.gather(
                note=log.note(size).data,
                checkpoint=log.checkpoint(size),
                prove=prove_to(size, log),
                deadline_s=20.0,
            )
            found = open_note(Note.parse(note), Verifiers([key], suites))
            assert [one.key for one in found.signed] == [key]
        body = AddCheckpoint.prove(20, fork.note(30), fork.get_hash).data
        assert post(url, body)[0] == 422
    forget_sizes()
