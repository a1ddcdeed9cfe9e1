"""A witness's requests and its decisions, status by status."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.core.small_log import SmallLog, signer, suites, verifiers, witness
from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.faults import BadSignature, Fault, Malformed
from tongban.evidence.core.keys import Algorithm
from tongban.evidence.core.note import Note, Verifiers, sign_note
from tongban.evidence.core.tree import EMPTY_ROOT
from tongban.evidence.core.witness import (
    Accept,
    AddCheckpoint,
    Refuse,
    Remembered,
    answer,
    cosign,
    decide,
    read_answer,
)

LOG = SmallLog.counting(20)
LOGS = {"example.org/log": verifiers(LOG.signer), "example.org/b": verifiers(signer("b"))}
WITNESS = witness("example.org/w")
REQUEST = AddCheckpoint.prove(5, LOG.note(12), LOG.get_hash)


def remembered(size: int, log: SmallLog = LOG) -> Remembered:
    return Remembered(size, log.checkpoint(size).root)


def status(request: AddCheckpoint, size: int = 5) -> int:
    decision = decide(request, LOGS, remembered(size))
    return 200 if isinstance(decision, Accept) else decision.status


def test_a_request_is_written_as_the_specification_shows_and_read_back() -> None:
    lines = [base64.b64encode(each).decode() for each in LOG.consistency(5, 12)]
    assert REQUEST.data.decode() == "\n".join(["old 5", *lines, "", LOG.note(12).data.decode()])
    assert AddCheckpoint.parse(REQUEST.data) == REQUEST
    assert REQUEST.checkpoint == LOG.checkpoint(12)
    first = AddCheckpoint.prove(0, LOG.note(12), LOG.get_hash)
    assert first.data == b"old 0\n\n" + LOG.note(12).data
    assert AddCheckpoint.prove(12, LOG.note(12), LOG.get_hash).proof == ()


BODY = LOG.note(12).data
LINE = base64.b64encode(bytes(32))
BAD_REQUESTS = {
    "empty": b"",
    "no old size": BODY,
    "no empty line": b"old 5\n" + BODY.replace(b"\n\n", b"\n", 1),
    "leading zero": b"old 05\n\n" + BODY,
    "negative": b"old -5\n\n" + BODY,
    "no number": b"old \n\n" + BODY,
    "two spaces": b"old  5\n\n" + BODY,
    "above 2^63": b"old 9223372036854775808\n\n" + BODY,
    "capital": b"Old 5\n\n" + BODY,
    "carriage return": b"old 5\r\n\n" + BODY,
    "hash too short": b"old 5\nQUJD\n\n" + BODY,
    "hash without padding": b"old 5\n" + LINE[:-1] + b"\n\n" + BODY,
    "64 hashes": b"old 5\n" + (LINE + b"\n") * 64 + b"\n" + BODY,
    "no checkpoint": b"old 5\n\n",
    "unsigned checkpoint": b"old 5\n\n" + BODY.partition(b"\n\n")[0] + b"\n",
    "extension line": b"old 5\n\n" + BODY.replace(b"\n\n", b"\nmore\n\n"),
    "a note that is no checkpoint": b"old 5\n\n" + sign_note("text\n", [LOG.signer]).data,
    "too long": b"old 5\n\n" + BODY + b"a" * (1 << 21),
}


@pytest.mark.parametrize("data", BAD_REQUESTS.values(), ids=BAD_REQUESTS)
def test_a_malformed_request_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        AddCheckpoint.parse(data)


def test_63_hashes_are_read() -> None:
    request = AddCheckpoint.parse(b"old 5\n" + (LINE + b"\n") * 63 + b"\n" + BODY)
    assert request.proof == (bytes(32),) * 63
    assert status(request) == 422


@pytest.mark.parametrize(
    "request_",
    [
        REQUEST._replace(old=-1),
        REQUEST._replace(proof=(b"short",)),
        REQUEST._replace(proof=(bytes(32),) * 64),
        REQUEST._replace(note=sign_note("text\n", [LOG.signer])),
    ],
)
def test_a_request_that_could_not_be_read_is_not_written(request_: AddCheckpoint) -> None:
    with pytest.raises(Malformed):
        _ = request_.data


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for whole in (data, data + BODY, b"old " + data + BODY, b"old 5\n" + data + b"\n\n" + BODY):
        try:
            request = AddCheckpoint.parse(whole)
        except Malformed:
            continue
        assert request.data == whole


def test_every_growth_from_the_remembered_size_is_accepted() -> None:
    for old in range(13):
        for new in range(old, 13):
            request = AddCheckpoint.prove(old, LOG.note(new), LOG.get_hash)
            decision = decide(AddCheckpoint.parse(request.data), LOGS, remembered(old))
            assert decision == Accept(LOG.checkpoint(new))


def test_a_new_origin_starts_at_size_0() -> None:
    first = AddCheckpoint.prove(0, LOG.note(12), LOG.get_hash)
    assert decide(first, LOGS, Remembered()) == Accept(LOG.checkpoint(12))


def test_the_answers_come_in_the_order_of_the_specification() -> None:
    forked = SmallLog.counting(20, prefix="fork")
    unsigned = sign_note(LOG.checkpoint(12).text, [signer("example.org/log", seed="thief")])
    unknown = SmallLog.counting(20, origin="example.org/unknown")
    wrong = REQUEST._replace(proof=REQUEST.proof[::-1])
    assert status(AddCheckpoint(30, (), unknown.note(12))) == 404
    assert status(AddCheckpoint(30, (), unsigned)) == 403
    assert status(REQUEST._replace(old=13), 12) == 400
    assert status(wrong, 4) == 409
    assert status(wrong) == 422
    assert status(REQUEST._replace(proof=REQUEST.proof[1:])) == 422
    assert status(REQUEST._replace(proof=())) == 422
    assert status(AddCheckpoint(5, (), forked.note(5))) == 422
    assert status(AddCheckpoint(5, (bytes(32),), LOG.note(5))) == 422
    assert status(AddCheckpoint.prove(5, forked.note(12), forked.get_hash)) == 422


def test_from_size_0_no_proof_is_taken() -> None:
    first = AddCheckpoint(0, (bytes(32),), LOG.note(12))
    assert status(first, 0) == 422
    assert status(first._replace(proof=()), 0) == 200
    assert status(first._replace(proof=()), 5) == 409


def test_a_checkpoint_of_size_0_has_the_root_of_nothing() -> None:
    for root, expected in [(EMPTY_ROOT, 200), (bytes(32), 422)]:
        note = sign_note(Checkpoint("example.org/log", 0, root).text, [LOG.signer])
        assert status(AddCheckpoint(0, (), note), 0) == expected


def test_a_conflict_answers_with_the_remembered_size_alone() -> None:
    decision = decide(REQUEST, LOGS, remembered(7))
    assert decision == Refuse(409, "another old size", 7)
    assert isinstance(decision, Refuse)
    assert decision.body == "7\n"
    at_none = decide(REQUEST, LOGS, Remembered())
    assert isinstance(at_none, Refuse)
    assert (at_none.status, at_none.body) == (409, "0\n")


def test_a_refusal_says_why() -> None:
    decision = decide(REQUEST, {}, Remembered())
    assert isinstance(decision, Refuse)
    assert decision.body == "unknown origin 'example.org/log'\n"


def test_attack_6_a_checkpoint_signed_by_another_key_is_refused() -> None:
    thief = signer("example.org/log", seed="thief")
    only = sign_note(LOG.checkpoint(12).text, [thief])
    relabelled = only.signatures[0]._replace(key_id=LOG.signer.key.key_id)
    beside = LOG.note(12)._replace(signatures=(*LOG.note(12).signatures, relabelled))
    for note in (only, Note(only.text, (relabelled,)), beside):
        assert status(REQUEST._replace(note=note)) == 403
    assert status(REQUEST._replace(note=LOG.note(12).with_signatures(only.signatures))) == 200


def test_attack_7_an_unknown_origin_is_not_found() -> None:
    unknown = SmallLog.counting(20, origin="example.org/unknown")
    request = AddCheckpoint.prove(5, unknown.note(12), unknown.get_hash)
    assert status(request) == 404


def test_attack_7_a_swapped_origin_is_not_signed() -> None:
    swapped = LOG.checkpoint(12)._replace(origin="example.org/b")
    assert status(REQUEST._replace(note=sign_note(swapped.text, [LOG.signer]))) == 403
    assert status(REQUEST._replace(note=Note(swapped.text, LOG.note(12).signatures))) == 403


def test_a_log_may_sign_by_ml_dsa_44_and_sm2() -> None:
    for algorithm in (Algorithm.ML_DSA_44, Algorithm.SM2):
        one = signer("example.org/log", algorithm)
        logs = {"example.org/log": verifiers(one)}
        note = sign_note(LOG.checkpoint(12).text, [one])
        assert decide(REQUEST._replace(note=note), logs, remembered(5)) == Accept(
            LOG.checkpoint(12)
        )


def test_a_cosignature_needs_a_time_and_the_key_of_a_witness() -> None:
    for one, time in [(WITNESS, 0), (WITNESS, -1), (LOG.signer, 5), (signer("s"), 5)]:
        with pytest.raises(Malformed, match="witness's key and a time"):
            cosign(one, LOG.checkpoint(12), time)
    with pytest.raises(Malformed, match="timestamp"):
        cosign(WITNESS, LOG.checkpoint(12), 2**63)


def test_an_answer_is_read_against_the_checkpoint_that_was_sent() -> None:
    second = signer("example.org/w", Algorithm.ML_DSA_44)
    lines = tuple(cosign(one, LOG.checkpoint(12), 9) for one in (WITNESS, second))
    data = answer(lines)
    assert data.decode() == lines[0].line + lines[1].line
    known = verifiers(WITNESS, second)
    assert read_answer(data, LOG.note(12), known) == lines
    assert read_answer(data, LOG.note(12), verifiers(second)) == lines[1:]
    for note in (LOG.note(11), SmallLog.counting(12, prefix="fork").note(12)):
        with pytest.raises(BadSignature):
            read_answer(data, note, known)
    with pytest.raises(BadSignature, match="no signature by a known key"):
        read_answer(data, LOG.note(12), Verifiers([], suites))


def test_an_answer_that_is_no_list_of_cosignatures_is_refused() -> None:
    line = cosign(WITNESS, LOG.checkpoint(12), 9).line.encode()
    for data in (
        b"",
        b"\n",
        line[:-1],
        line + b"\n",
        b"\n" + line,
        line[1:],
        line * 101,
        b"<html>\n",
    ):
        with pytest.raises(Malformed):
            read_answer(data, LOG.note(12), verifiers(WITNESS))
    timeless = WITNESS.sign(b"cosignature/v1\ntime 0\n" + LOG.checkpoint(12).text.encode())
    bare = cosign(WITNESS, LOG.checkpoint(12), 9)._replace(signature=bytes(8) + timeless)
    with pytest.raises(BadSignature, match="without a time"):
        read_answer(bare.line.encode(), LOG.note(12), verifiers(WITNESS))


@given(st.data())
def test_no_changed_byte_of_a_request_is_accepted(data: st.DataObject) -> None:
    body = REQUEST.data
    at = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != body[at]))
    try:
        request = AddCheckpoint.parse(body[:at] + bytes([other]) + body[at + 1 :])
    except Fault:
        return
    assert status(request) in {400, 403, 404, 409, 422}
