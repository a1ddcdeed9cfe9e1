"""Notes, keys, checkpoints and what exactly is signed."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.core.small_log import SmallLog, signer, suites, verifiers, witness
from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.cosign import make_signature, signed_message
from tongban.evidence.core.faults import BadSignature, Fault, Malformed
from tongban.evidence.core.keys import Algorithm, NoteKey, Signer
from tongban.evidence.core.note import Note, Signature, Verifiers, open_note, sign, sign_note
from tongban.evidence.core.witness import cosign

TEXT = "one line\n\nand another 链\n"
ALICE, BOB = signer("example.org/alice"), signer("example.org/bob")
NOTE = sign_note(TEXT, [ALICE, BOB])
ROOT = hashlib.sha256(b"root").digest()
CHECKPOINT = Checkpoint("example.org/log", 20_852_163, ROOT)


def names(note: Note, *known: Signer) -> list[str]:
    return [one.key.name for one in open_note(note, verifiers(*known)).signed]


def test_a_note_is_read_as_written() -> None:
    assert Note.parse(NOTE.data) == NOTE
    assert NOTE.data.decode() == (f"{TEXT}\n{NOTE.signatures[0].line}{NOTE.signatures[1].line}")
    assert names(NOTE, ALICE, BOB) == ["example.org/alice", "example.org/bob"]
    assert open_note(NOTE, verifiers(BOB)).text == TEXT


def test_unknown_keys_are_ignored_and_at_least_one_must_be_known() -> None:
    # Only the name, or only the key ID, in common with a known key is an unknown key.
    namesake = signer("example.org/alice", seed="another")
    line = NOTE.signatures[0]
    strangers = NOTE.with_signatures(
        [
            Signature("example.org/carol", line.key_id, b"anything"),
            Signature("example.org/alice", namesake.key.key_id, b"anything"),
        ]
    )
    assert names(strangers, ALICE) == ["example.org/alice"]
    for known in ([], [signer("example.org/dave")]):
        with pytest.raises(BadSignature, match="no signature by a known key"):
            open_note(strangers, verifiers(*known))


def test_attack_19_a_known_key_with_a_bad_signature_sinks_the_note_beside_good_ones() -> None:
    good = NOTE.signatures[1]
    for bad in [
        sign(BOB, "another text\n"),
        good._replace(signature=good.signature[:-1]),
        good._replace(signature=good.signature + b"\0"),
        good._replace(signature=bytes(64)),
        good._replace(signature=b"\0"),
    ]:
        for lines in (
            [NOTE.signatures[0], bad],
            [bad, NOTE.signatures[0]],
            [good, bad],
            [bad, good],
        ):
            with pytest.raises(BadSignature, match=r"bad signature of example\.org/bob\+"):
                open_note(Note(TEXT, tuple(lines)), verifiers(ALICE, BOB))
        assert names(Note(TEXT, (NOTE.signatures[0], bad)), ALICE) == ["example.org/alice"]


def test_a_key_that_signed_twice_counts_once() -> None:
    one = witness("w")
    lines = [cosign(one, CHECKPOINT, time) for time in (7, 5, 9)]
    opened = open_note(Note(CHECKPOINT.text, tuple(lines)), verifiers(one))
    assert [(found.key, found.timestamp) for found in opened.signed] == [(one.key, 7)]


def test_a_signature_replaces_that_of_the_same_name_and_key_id() -> None:
    bad = Signature("example.org/bob", BOB.key.key_id, b"bad")
    note = sign_note(TEXT, [ALICE]).with_signatures([bad])
    assert note.with_signatures([NOTE.signatures[1]]) == NOTE
    assert NOTE.with_signatures([]) == NOTE


BAD_NOTES = {
    "no signature": TEXT.encode() + b"\n",
    "no blank line": NOTE.data.replace(b"\n\n", b"\n"),
    "carriage return": NOTE.data.replace(b"one line\n", b"one line\r\n"),
    "carriage return in a signature line": NOTE.data[:-1] + b"\r\n",
    "tab": NOTE.data.replace(b"one line", b"one\tline"),
    "NUL": NOTE.data.replace(b"one line", b"one\0line"),
    "not UTF-8": NOTE.data.replace("链".encode(), b"\xff"),
    "cut UTF-8": NOTE.data.replace("链".encode(), "链".encode()[:2]),
    "surrogate": NOTE.data.replace("链".encode(), b"\xed\xa0\x80"),
    "no final newline": NOTE.data[:-1],
    "blank line at the end": NOTE.data + b"\n",
    "hyphen for the dash": NOTE.data.replace("—".encode(), b"-"),
    "no space after the dash": NOTE.data.replace("— ".encode(), "—".encode()),
    "two spaces": NOTE.data.replace(b"alice ", b"alice  "),
    "trailing space": NOTE.data[:-1] + b" \n",
    "space in a name": NOTE.data.replace(b"/alice", b"/al ice"),
    "Unicode space in a name": NOTE.data.replace(b"/alice", "/al\u3000ice".encode()),
    "plus in a name": NOTE.data.replace(b"/alice", b"/al+ice"),
    "empty name": NOTE.data.replace(b"example.org/alice", b""),
    "a further line": NOTE.data + b"more\n",
    "base64 without padding": NOTE.data[:-2] + b"\n",
    "base64 of the web": NOTE.data[:-8] + b"-_-_AA=\n",
    "too short for a key ID": NOTE.data + "— c AAAAAA==\n".encode(),
    "no signature after the name": NOTE.data + "— c \n".encode(),
    "too many signatures": TEXT.encode() + b"\n" + NOTE.signatures[0].line.encode() * 101,
    "too long": b"a" * (1 << 20) + NOTE.data,
    "empty": b"",
}


@pytest.mark.parametrize("data", BAD_NOTES.values(), ids=BAD_NOTES)
def test_attack_20_a_malformed_note_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        Note.parse(data)


def test_attack_20_base64_has_one_spelling() -> None:
    line = NOTE.signatures[0].line
    assert line.endswith("=\n")
    last = line[-3]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    same = [c for c in alphabet if alphabet.index(c) // 4 == alphabet.index(last) // 4]
    assert len(same) == 4
    for other in set(same) - {last}:
        spelled = f"{line[:-3]}{other}=\n"
        assert base64.b64decode(spelled.split(" ")[2]) == base64.b64decode(line.split(" ")[2])
        with pytest.raises(Malformed, match="canonical"):
            Note.parse(f"{TEXT}\n{spelled}".encode())


def test_a_hundred_signatures_are_read() -> None:
    note = Note(TEXT, NOTE.signatures[:1] * 100)
    assert Note.parse(note.data) == note
    assert names(note, ALICE) == ["example.org/alice"]


@pytest.mark.parametrize(
    "note",
    [
        Note("no newline", NOTE.signatures),
        Note("", NOTE.signatures),
        Note("tab\t\n", NOTE.signatures),
        Note("\ud800\n", NOTE.signatures),
        Note(TEXT, ()),
        Note(TEXT, NOTE.signatures[:1] * 101),
        Note(TEXT, (Signature("two words", b"\0" * 4, b"\0"),)),
        Note(TEXT, (Signature("a\nb", b"\0" * 4, b"\0"),)),
        Note(TEXT, (Signature("\ud800", b"\0" * 4, b"\0"),)),
        Note(TEXT, (Signature("a", b"\0" * 3, b"\0"),)),
        Note(TEXT, (Signature("a", b"\0" * 4, b""),)),
    ],
)
def test_a_note_that_could_not_be_read_is_not_written(note: Note) -> None:
    with pytest.raises(Malformed):
        _ = note.data


@given(st.data())
def test_no_changed_byte_of_a_note_passes(data: st.DataObject) -> None:
    changed = changed_byte(NOTE.data, data)
    try:
        opened = open_note(Note.parse(changed), verifiers(ALICE))
    except Fault:
        return
    # Bob's line was changed, whom nobody here knows.
    assert opened == open_note(NOTE, verifiers(ALICE))
    note = Note.parse(changed)
    with pytest.raises(BadSignature):
        open_note(note, verifiers(BOB))


def changed_byte(data: bytes, draw: st.DataObject) -> bytes:
    at = draw.draw(st.integers(0, len(data) - 1))
    other = (data[at] + draw.draw(st.integers(1, 255))) % 256
    return data[:at] + bytes([other]) + data[at + 1 :]


def test_any_bytes_are_read_or_refused() -> None:
    @given(st.one_of(st.binary(max_size=80), st.text(max_size=80).map(str.encode)))
    def read(data: bytes) -> None:
        for whole in (data, data + NOTE.data, NOTE.data + data, b"a\n\n" + data):
            try:
                note = Note.parse(whole)
            except Malformed:
                continue
            assert note.data == whole

    read()


ALL = [signer("example.org/键", algorithm) for algorithm in Algorithm]


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.key.algorithm.name)
def test_a_verifier_key_is_read_as_written_and_none_of_its_bytes_can_change(one: Signer) -> None:
    vkey = one.key.vkey
    assert NoteKey.parse(vkey) == one.key
    for at in {*range(60), *range(len(vkey) - 6, len(vkey))} & {*range(len(vkey))}:
        for other in "A0+/= \n":
            if vkey[at] != other:
                with pytest.raises(Malformed):
                    NoteKey.parse(vkey[:at] + other + vkey[at + 1 :])


@given(st.text(max_size=60))
def test_any_text_is_read_as_a_key_or_refused(text: str) -> None:
    for vkey in (text, f"{text}+530d903a+AekyeRrm", f"a+00000000+{text}", ALICE.key.vkey + text):
        try:
            assert NoteKey.parse(vkey).vkey == vkey
        except Malformed:
            continue


def test_sm2_keys_carry_the_identifier_that_the_readme_defines() -> None:
    for algorithm, identifier in [
        (Algorithm.SM2, b"\xfftongban/gm-1/note/v1\n"),
        (Algorithm.SM2_COSIGNATURE, b"\xfftongban/gm-1/cosignature/v1\n"),
    ]:
        key = signer("example.org/k", algorithm).key
        hashed = b"example.org/k\n" + identifier + key.public
        assert key.key_id == hashlib.sha256(hashed).digest()[:4]
        material = base64.b64encode(identifier + key.public).decode()
        assert key.vkey == f"example.org/k+{key.key_id.hex()}+{material}"


def test_a_key_of_another_length_or_a_name_that_no_note_can_carry_is_refused() -> None:
    for algorithm in Algorithm:
        for length in (0, algorithm.value.public_length - 1, algorithm.value.public_length + 1):
            with pytest.raises(Malformed, match="public key"):
                NoteKey("a", algorithm, bytes(length))
    for name in ("", "a b", "a+b", "a\nb", "a\u00a0b", "\ud800", "a\x7f\x1f"):
        with pytest.raises(Malformed, match="name of a key"):
            NoteKey(name, Algorithm.ED25519, bytes(32))


def test_a_private_key_is_bound_only_to_its_own_record() -> None:
    with pytest.raises(Malformed, match="private key"):
        Signer.of(ALICE.key, hashlib.sha256(b"example.org/bob").digest(), suites)


def test_two_keys_with_one_name_and_key_id_are_not_told_apart_and_refused() -> None:
    # Four bytes can be made to collide; the record below stands in for such a key.
    class Colliding(NoteKey):
        __slots__ = ()
        key_id = ALICE.key.key_id

    other = Colliding(ALICE.key.name, Algorithm.ED25519, bytes(32))
    with pytest.raises(Malformed, match="two keys are"):
        Verifiers([ALICE.key, other], suites)
    assert names(NOTE, ALICE, ALICE) == ["example.org/alice"]


def test_which_suite_checks_a_signature_follows_from_the_key_record() -> None:
    asked: list[str] = []

    def lookup(name: str) -> object:
        asked.append(name)
        return suites(name)

    for one in ALL:
        note = sign_note(CHECKPOINT.text, [one], 5)
        open_note(note, Verifiers([one.key], lookup))  # type: ignore[arg-type]
    assert asked == ["intl-1", "intl-1", "pq-1", "gm-1", "gm-1"]


def test_a_suite_that_is_off_is_said_to_be_off_and_not_an_unknown_key() -> None:
    class OffError(Exception):
        pass

    def off(_name: str) -> object:
        raise OffError

    with pytest.raises(OffError):
        open_note(NOTE, Verifiers([ALICE.key], off))  # type: ignore[arg-type]
    with pytest.raises(BadSignature, match="no signature by a known key"):
        open_note(NOTE, Verifiers([signer("x").key], off))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("algorithm", "message"),
    [
        (Algorithm.ED25519, b"%s"),
        (Algorithm.SM2, b"%s"),
        (Algorithm.ED25519_COSIGNATURE, b"cosignature/v1\ntime 1679315147\n%s"),
        (Algorithm.SM2_COSIGNATURE, b"cosignature/v1\ntime 1679315147\n%s"),
    ],
)
def test_a_text_is_signed_alone_or_behind_two_lines(algorithm: Algorithm, message: bytes) -> None:
    # tlog-cosignature, Ed25519 signed message.
    one = signer("example.org/w", algorithm)
    expected = message % CHECKPOINT.text.encode()
    assert signed_message(one.key, CHECKPOINT.text, 1_679_315_147) == expected


def test_ml_dsa_44_signs_a_structure_that_names_cosigner_and_log() -> None:
    # tlog-cosignature, ML-DSA-44 signed message; lengths and numbers by hand.
    one = signer("example.org/w", Algorithm.ML_DSA_44)
    assert signed_message(one.key, CHECKPOINT.text, 1_679_315_147) == (
        b"subtree/v1\n\x00"
        b"\x0dexample.org/w"
        b"\x00\x00\x00\x00\x64\x18\x50\xcb"
        b"\x0fexample.org/log"
        b"\x00\x00\x00\x00\x00\x00\x00\x00"
        b"\x00\x00\x00\x00\x01\x3e\x2d\xc3" + ROOT
    )


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.key.algorithm.name)
def test_a_signature_has_its_time_before_it_where_the_algorithm_has_one(one: Signer) -> None:
    raw = make_signature(one, CHECKPOINT.text, 1_679_315_147)
    timed = one.key.algorithm not in {Algorithm.ED25519, Algorithm.SM2}
    assert len(raw) == one.key.algorithm.value.signature_length + 8 * timed
    assert raw.startswith(bytes.fromhex("00000000641850cb")) is timed
    signed = open_note(sign_note(CHECKPOINT.text, [one], 1_679_315_147), verifiers(one)).signed
    assert signed[0].timestamp == (1_679_315_147 if timed else 0)


@pytest.mark.parametrize("one", ALL[1:3] + ALL[4:], ids=lambda one: one.key.algorithm.name)
def test_a_cosignature_covers_its_time_and_only_checkpoints(one: Signer) -> None:
    line = sign(one, CHECKPOINT.text, 5)
    for time in (b"\0" * 7 + b"\x06", b"\xff" * 8, b"\x80" + b"\0" * 7):
        moved = line._replace(signature=time + line.signature[8:])
        with pytest.raises(BadSignature):
            open_note(Note(CHECKPOINT.text, (moved,)), verifiers(one))
    for text in (TEXT, f"{CHECKPOINT.text}extension\n"):
        with pytest.raises(Malformed):
            sign(one, text, 5)
        with pytest.raises(BadSignature):
            open_note(Note(text, (line,)), verifiers(one))
    for timestamp in (-1, 2**63):
        with pytest.raises(Malformed, match="timestamp"):
            sign(one, CHECKPOINT.text, timestamp)
    beyond = one.sign(signed_message(one.key, CHECKPOINT.text, 2**63))
    late = line._replace(signature=(2**63).to_bytes(8, "big") + beyond)
    with pytest.raises(BadSignature):
        open_note(Note(CHECKPOINT.text, (late,)), verifiers(one))


def test_ml_dsa_44_has_no_place_for_names_over_255_bytes() -> None:
    for one, origin in [
        (signer("w" * 256, Algorithm.ML_DSA_44), "example.org/log"),
        (signer("w", Algorithm.ML_DSA_44), "o" * 256),
    ]:
        text = CHECKPOINT._replace(origin=origin).text
        with pytest.raises(Malformed, match="256 bytes"):
            sign(one, text, 5)
        note = Note(text, (Signature(one.key.name, one.key.key_id, bytes(2428)),))
        with pytest.raises(BadSignature):
            open_note(note, verifiers(one))


def test_a_checkpoint_is_read_as_written() -> None:
    text = f"example.org/log\n20852163\n{base64.b64encode(ROOT).decode()}\n"
    assert CHECKPOINT.text == text
    assert Checkpoint.parse(text) == CHECKPOINT
    for size in (0, 2**63 - 1):
        odd = Checkpoint("go.sum database 树", size, ROOT)
        assert Checkpoint.parse(odd.text) == odd


HASH = base64.b64encode(ROOT).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"o\n1\n{HASH}",
        f"\n1\n{HASH}\n",
        f"o\n1\n{HASH}\n\n",
        f"o\n1\n{HASH}\nextension\n",
        f"o\n1\n\n{HASH}\n",
        f"o\r\n1\n{HASH}\n",
        f"\ud800\n1\n{HASH}\n",
        f"o\n01\n{HASH}\n",
        f"o\n00\n{HASH}\n",
        f"o\n-1\n{HASH}\n",
        f"o\n+1\n{HASH}\n",
        f"o\n 1\n{HASH}\n",
        f"o\n1_0\n{HASH}\n",
        f"o\n0x1\n{HASH}\n",
        f"o\n\u0661\n{HASH}\n",
        f"o\n{2**63}\n{HASH}\n",
        f"o\n{10**30}\n{HASH}\n",
        f"o\n\n{HASH}\n",
        f"o\n1\n{HASH[:-1]}\n",
        f"o\n1\n{HASH[:-2]}F=\n",
        f"o\n1\n{HASH} \n",
        "o\n1\n\n",
        "o\n1\nQUJD\n",
        f"o\n1\n{base64.b64encode(ROOT + ROOT).decode()}\n",
    ],
)
def test_attack_20_a_malformed_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "checkpoint",
    [
        Checkpoint("", 1, ROOT),
        Checkpoint("a\nb", 1, ROOT),
        Checkpoint("a", -1, ROOT),
        Checkpoint("a", 2**63, ROOT),
        Checkpoint("a", 1, ROOT[:31]),
        Checkpoint("a", 1, b""),
    ],
)
def test_a_checkpoint_that_could_not_be_read_is_not_written(checkpoint: Checkpoint) -> None:
    with pytest.raises(Malformed):
        _ = checkpoint.text


def test_a_checkpoint_is_signed_and_cosigned_side_by_side() -> None:
    log = SmallLog.counting(9)
    w1, w2 = witness("w1"), signer("w2", Algorithm.ML_DSA_44)
    w3 = signer("w3", Algorithm.SM2_COSIGNATURE)
    note = log.cosigned(9, w1, w2, w3, timestamp=77)
    again = Note.parse(note.data)
    assert again == note
    signed = open_note(again, verifiers(log.signer, w1, w2, w3)).signed
    assert [(one.key.name, one.timestamp) for one in signed] == [
        ("example.org/log", 0),
        ("w1", 77),
        ("w2", 77),
        ("w3", 77),
    ]
