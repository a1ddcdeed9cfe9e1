"""A receipt is written once and checked by anyone: what each checker says, step by step."""

import contextlib
import hashlib
import io
import json
import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.receipts.small_receipt import (
    LOG,
    PIECE,
    RECEIVED,
    TWO_OF_THREE,
    Case,
    cases,
    receipt,
    repacked,
    unreadable,
)
from support import house
from tongban.evidence.core.policy import Policy, withstands
from tongban.evidence.core.proof import LogProof
from tongban.evidence.core.tree import leaf_hash
from tongban.evidence.receipts import PAGE, Outcome, Receipt, Unreadable, check, write
from tongban.evidence.rules import read_disclosure
from tongban.kernel.suites import suite

CASES = cases()


def reasons(case: Case) -> tuple[tuple[str, ...], ...]:
    report = check(case.data, case.policy)
    return tuple(tuple(one.reason for one in entry.checks) for entry in report.entries)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_check_says_what_it_found(case: Case) -> None:
    assert reasons(case) == case.reasons


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_receipt_is_good_exactly_where_the_proof_satisfies_the_policy(case: Case) -> None:
    """The report may explain; what decides is tlog-proof's own verification."""
    found = check(case.data, case.policy)
    held = Receipt.read(case.data)
    policies = held.policies if case.policy is None else (Policy.parse(case.policy),)
    satisfied = []
    for piece in held.pieces:
        try:
            proof = LogProof.parse(piece.proof)
            origin = proof.note.text.split("\n")[0]
            (own,) = [p for p in policies if origin in [line.key.name for line in p.logs]]
            proof.verify(leaf_hash(piece.leaf), own, suite)
        except ValueError:
            satisfied.append(False)
        else:
            satisfied.append(True)
    by_proof = [
        all(one.outcome in {Outcome.GOOD, Outcome.ABSENT} for one in entry.checks[2:])
        for entry in found.entries
    ]
    assert by_proof == satisfied


@pytest.mark.parametrize("name", unreadable())
def test_what_is_no_receipt_is_not_read(name: str) -> None:
    with pytest.raises(Unreadable):
        check(unreadable()[name])


def test_a_policy_of_ones_own_that_is_none_is_not_read() -> None:
    with pytest.raises(Unreadable, match="the policy can't be read: line 1"):
        check(receipt(), b"quorum\n")


def test_the_layout() -> None:
    with zipfile.ZipFile(io.BytesIO(receipt())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    entry = "entries/0001-case.received"
    assert list(files) == [
        "README.txt",
        f"{entry}.json",
        f"{entry}.leaf",
        f"{entry}.proof",
        "policy",
        "verify.html",
    ]
    told = json.loads(files[f"{entry}.json"])
    assert told == {
        "body": RECEIVED.body.decode(),
        "disclosures": list(RECEIVED.disclosures),
        "salt": RECEIVED.salt.hex(),
    }
    hashed = bytes.fromhex(told["salt"]) + told["body"].encode()
    assert files[f"{entry}.leaf"] == b"\x01" + hashlib.sha256(hashed).digest()
    assert files[f"{entry}.proof"].startswith(b"c2sp.org/tlog-proof@v1\nindex 2\n")
    assert files["policy"] == TWO_OF_THREE
    assert files["verify.html"] == PAGE.read_bytes()
    assert "这份凭证含 1 条存证记录。\n" in files["README.txt"].decode()


def test_the_same_content_gives_the_same_bytes() -> None:
    assert receipt() == receipt()
    assert (
        hashlib.sha256(write([PIECE], [TWO_OF_THREE])).digest()
        == hashlib.sha256(receipt()).digest()
    )


def test_entries_that_wait_are_counted() -> None:
    with zipfile.ZipFile(io.BytesIO(write([PIECE], [TWO_OF_THREE], waiting=3))) as archive:
        text = archive.read("README.txt").decode()
    assert "另有 3 条固证中，没有列入，请稍后再取。" in text
    assert "3 more are not sealed yet; fetch it again later." in text


def test_what_is_read_is_what_was_written() -> None:
    found = Receipt.read(receipt())
    assert (found.pieces, found.others) == ((PIECE,), ())
    assert [policy.data for policy in found.policies] == [TWO_OF_THREE]


def test_fields_kept_back_are_counted_and_the_shown_are_told() -> None:
    report = check(CASES[3].data)
    (entry,) = report.entries
    assert entry.shown == (read_disclosure(RECEIVED.disclosures[1]),) == (("phone", "13900000000"),)
    assert entry.checks[1].zh == "出示 1 项，每一项的摘要都在内容里；另有 1 项没有出示。"
    assert entry.checks[1].en == "1 shown, each with its digest in the content; 1 kept back."


def test_the_witnesses_are_named_with_what_their_quorum_withstands() -> None:
    report = check(receipt())
    assert (report.outcome, report.ok, report.policy_given) == (Outcome.GOOD, True, False)
    (entry,) = report.entries
    assert entry.checks[3].en == f"Signed by the log {LOG.signer.key.name}, key adda088a."
    assert entry.checks[4].en == (
        "Cosigned by 2: dachang/witness (2023-11-14 22:13:20 UTC), "
        "xiongan/witness (2023-11-14 22:13:20 UTC). The policy asks for 2/3, which is reached. "
        "For two contradictory logs to be cosigned enough, 1 of the witnesses would have to "
        "collude with the log's operator; 1 of them may be away."
    )


def test_not_cosigned_is_said_and_no_damage() -> None:
    (case,) = [case for case in CASES if case.name == "not cosigned"]
    report = check(case.data)
    assert (report.outcome, report.ok) == (Outcome.ABSENT, True)
    assert report.entries[0].checks[4].zh == "未经见证：政策不要求见证。"


def test_a_suite_that_is_off_leaves_the_question_open() -> None:
    def without(name: str) -> object:
        from tongban.kernel.suites import SuiteOff  # noqa: PLC0415

        if name == "pq-1":
            raise SuiteOff(name, "as on an old machine")
        return suite(name)

    (case,) = [case for case in CASES if case.name == "a witness with ML-DSA-44"]
    report = check(case.data, suites=without)  # type: ignore[arg-type]
    assert (report.outcome, report.ok) == (Outcome.OPEN, False)
    assert report.entries[0].checks[4].reason == "witnesses.open"


def test_nothing_is_shown_of_a_content_that_was_changed() -> None:
    (case,) = [case for case in CASES if case.name == "body changed"]
    (entry,) = check(case.data).entries
    assert (entry.body, entry.shown) == ({}, ())


def test_a_file_that_belongs_to_no_receipt_is_named() -> None:
    assert check(repacked(receipt(), **{"../../decision.pdf": b""})).others == (
        "../../decision.pdf",
    )


@given(st.data())
def test_whatever_the_bytes_the_answer_is_a_report_or_unreadable(data: st.DataObject) -> None:
    good = bytearray(receipt())
    # Not in the page, which is most of the bytes and which nothing reads.
    end = good.index(b"<!doctype html")
    for place in data.draw(st.lists(st.integers(0, end), max_size=4)):
        good[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Unreadable):
        check(bytes(good))


@given(st.binary(max_size=200))
def test_bytes_after_the_beginning_of_a_zip_are_no_receipt(content: bytes) -> None:
    with pytest.raises(Unreadable):
        check(b"PK\x03\x04" + content)


@pytest.mark.parametrize("name", ["evidence.md", "evidence.zh-CN.md"])
def test_the_page_for_officials_says_what_quorums_withstand(name: str) -> None:
    page = (house.ROOT / "docs" / name).read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| (\d) \| (\d) \| (\d) \|$", page, flags=re.MULTILINE)
    assert len(rows) == 6
    for witnesses, quorum, split, outages in (map(int, row) for row in rows):
        assert (split, outages) == withstands(witnesses, quorum)[::2]
