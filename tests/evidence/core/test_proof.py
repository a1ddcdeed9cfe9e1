"""Proofs that are checked offline: their text, and everything that must not pass for one."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.core.small_log import SmallLog, signer, suites, witness
from tongban.evidence.core.faults import (
    BadProof,
    BadSignature,
    Fault,
    Malformed,
    QuorumMissed,
)
from tongban.evidence.core.keys import Algorithm
from tongban.evidence.core.note import Note
from tongban.evidence.core.policy import LogLine, Policy
from tongban.evidence.core.proof import LogProof

LOG = SmallLog.counting(11)
WITNESSES = [witness("w1"), signer("w2", Algorithm.SM2_COSIGNATURE), witness("w3")]
POLICY = Policy.k_of_n([LOG.signer.key], [one.key for one in WITNESSES])
PROOF = LOG.proof(4, 11, *WITNESSES)


def test_a_proof_is_written_as_the_specification_shows_and_read_back() -> None:
    lines = [base64.b64encode(each).decode() for each in LOG.inclusion(4, 11)]
    head = ["c2sp.org/tlog-proof@v1", "index 4", *lines, "", ""]
    data = "\n".join(head).encode() + LOG.cosigned(11, *WITNESSES).data
    assert PROOF.data == data
    assert LogProof.parse(data) == PROOF
    extra = LogProof(4, PROOF.hashes, PROOF.note, b"\x00extra")
    assert extra.data == data.replace(b"\nindex", b"\nextra AGV4dHJh\nindex")
    assert LogProof.parse(extra.data) == extra


def test_a_proof_is_written_as_others_write_it() -> None:
    # transparency-dev/formats, proof/tlog_proof_test.go: its cases, over a checkpoint here.
    one, two = (hashlib.sha256(word).digest() for word in (b"hash1", b"hash2"))
    lines = "".join(f"{base64.b64encode(each).decode()}\n" for each in (one, two))
    note = LOG.note(11)
    tail = note.data.decode()
    for proof, head in [
        (LogProof(5, (one, two), note), f"index 5\n{lines}"),
        (
            LogProof(10, (one,), note, b"extra information"),
            f"extra ZXh0cmEgaW5mb3JtYXRpb24=\nindex 10\n{lines[:45]}",
        ),
        (LogProof(0, (), note), "index 0\n"),
    ]:
        assert proof.data.decode() == f"c2sp.org/tlog-proof@v1\n{head}\n{tail}"
        assert LogProof.parse(proof.data) == proof


HEAD = "c2sp.org/tlog-proof@v1\n"
TAIL = LOG.note(11).data.decode()
HASH = base64.b64encode(bytes(32)).decode()
BAD_PROOFS = {
    "empty": "",
    "another header": f"c2sp.org/tlog-proof@v2\nindex 0\n\n{TAIL}",
    "header with a space": f"{HEAD[:-1]} \nindex 0\n\n{TAIL}",
    "no header": f"index 0\n\n{TAIL}",
    "no index": f"{HEAD}\n{TAIL}",
    "no index after extra": f"{HEAD}extra AAAA\n\n{TAIL}",
    "two extras": f"{HEAD}extra AAAA\nextra AAAA\nindex 0\n\n{TAIL}",
    "extra after the index": f"{HEAD}index 0\nextra AAAA\n\n{TAIL}",
    "empty extra": f"{HEAD}extra \nindex 0\n\n{TAIL}",
    "extra that is no base64": f"{HEAD}extra !!notbase64!!\nindex 0\n\n{TAIL}",
    "extra in another spelling": f"{HEAD}extra AAB=\nindex 0\n\n{TAIL}",
    "index that is no number": f"{HEAD}index notanumber\n\n{TAIL}",
    "negative index": f"{HEAD}index -5\n\n{TAIL}",
    "index with a zero before it": f"{HEAD}index 05\n\n{TAIL}",
    "index above 2^63": f"{HEAD}index {2**63}\n\n{TAIL}",
    "hash that is no base64": f"{HEAD}index 0\n!!notbase64!!\n\n{TAIL}",
    "hash of 64 bytes": f"{HEAD}index 0\n{base64.b64encode(bytes(64)).decode()}\n\n{TAIL}",
    "64 hashes": f"{HEAD}index 0\n" + f"{HASH}\n" * 64 + f"\n{TAIL}",
    "carriage return": f"{HEAD}index 0\r\n\n{TAIL}",
    "no empty line": f"{HEAD}index 0\n{TAIL}",
    "no checkpoint": f"{HEAD}index 0\n\n",
    "two empty lines": f"{HEAD}index 0\n\n\n{TAIL[:40]}",
    "too long": f"{HEAD}index 0\n\n{TAIL}{'a' * (1 << 22)}",
}


@pytest.mark.parametrize("text", BAD_PROOFS.values(), ids=BAD_PROOFS)
def test_a_malformed_proof_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        LogProof.parse(text.encode())


@pytest.mark.parametrize(
    "proof",
    [
        LogProof(-1, (), PROOF.note),
        LogProof(2**63, (), PROOF.note),
        LogProof(0, (b"short",), PROOF.note),
        LogProof(0, (bytes(32),) * 64, PROOF.note),
        LogProof(0, (), Note("no newline", PROOF.note.signatures)),
    ],
)
def test_a_proof_that_could_not_be_read_is_not_written(proof: LogProof) -> None:
    with pytest.raises(Malformed):
        _ = proof.data


def test_every_leaf_of_every_size_is_proved() -> None:
    for size in range(1, 12):
        for index in range(size):
            proof = LogProof.parse(LOG.proof(index, size, *WITNESSES).data)
            verdict = proof.verify(LOG.leaf(index), POLICY, suites)
            assert verdict.checkpoint == LOG.checkpoint(size)
            assert [line.name for line, _ in verdict.cosigned] == ["w1", "w2", "w3"]


def test_a_proof_proves_no_other_leaf_and_no_other_index() -> None:
    for other in range(11):
        if other != 4:
            with pytest.raises(BadProof):
                PROOF.verify(LOG.leaf(other), POLICY, suites)
            moved = LogProof(other, PROOF.hashes, PROOF.note)
            with pytest.raises(BadProof):
                moved.verify(LOG.leaf(4), POLICY, suites)
    beyond = LogProof(11, PROOF.hashes, PROOF.note)
    with pytest.raises(BadProof, match="there is no leaf 11"):
        beyond.verify(LOG.leaf(4), POLICY, suites)


def test_without_the_quorum_nothing_is_proved() -> None:
    for some in (WITNESSES[:0], WITNESSES[:2]):
        with pytest.raises(QuorumMissed, match=f"{len(some)} of the policy's witnesses"):
            LOG.proof(4, 11, *some).verify(LOG.leaf(4), POLICY, suites)


def test_without_witnesses_in_the_policy_the_verdict_names_none() -> None:
    alone = Policy((LogLine(LOG.signer.key),), ())
    verdict = LOG.proof(4, 11, *WITNESSES).verify(LOG.leaf(4), alone, suites)
    assert (verdict.cosigned, verdict.quorum_reached) == ((), True)


def test_attack_17_a_checkpoint_of_size_0_proves_no_leaf() -> None:
    empty = LogProof(0, (), LOG.cosigned(0, *WITNESSES))
    for leaf in (b"", hashlib.sha256(b"").digest(), LOG.leaf(0)):
        with pytest.raises(BadProof):
            empty.verify(leaf, POLICY, suites)


def test_attack_19_a_bad_cosignature_sinks_a_proof_that_would_reach_the_quorum() -> None:
    two_of_three = Policy.k_of_n([LOG.signer.key], [one.key for one in WITNESSES], 2)
    bad = PROOF.note.signatures[-1]._replace(signature=bytes(72))
    note = PROOF.note.with_signatures([bad])
    assert LOG.proof(4, 11, *WITNESSES[:2]).verify(LOG.leaf(4), two_of_three, suites)
    with pytest.raises(BadSignature, match=r"w3\+"):
        LogProof(4, PROOF.hashes, note).verify(LOG.leaf(4), two_of_three, suites)


@given(st.data())
def test_no_changed_byte_of_a_proof_passes(data: st.DataObject) -> None:
    # All three witnesses are needed, so that not even a line of theirs can be spoiled.
    whole = PROOF.data
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    with pytest.raises(Fault):
        verify(whole[:at] + bytes([other]) + whole[at + 1 :])


@given(st.data())
def test_no_missing_doubled_or_foreign_line_of_a_proof_passes(data: st.DataObject) -> None:
    lines = PROOF.data.decode().splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    foreign = data.draw(st.sampled_from(lines))
    changed = [
        lines[:at] + lines[at + 1 :],
        [*lines[:at], foreign, *lines[at + 1 :]],
        [*lines[:at], foreign, *lines[at:]],
    ]
    body = len(lines) - len(PROOF.note.signatures)
    for one in changed:
        if verifies("".join(one).encode()):
            # A signature line that stands there twice says nothing new.
            assert (one[:body], {*one[body:]}) == (lines[:body], {*lines[body:]})


def verify(data: bytes) -> None:
    LogProof.parse(data).verify(LOG.leaf(4), POLICY, suites)


def verifies(data: bytes) -> bool:
    try:
        verify(data)
    except Fault:
        return False
    return True


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    head = HEAD.encode()
    for whole in (data, head + data, head + data + b"\n\n" + TAIL.encode(), PROOF.data + data):
        try:
            proof = LogProof.parse(whole)
        except Malformed:
            continue
        assert proof.data == whole
