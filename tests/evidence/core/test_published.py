"""What other people signed and computed, read and reproduced byte for byte."""

import base64

import pytest

from evidence.core import published
from evidence.core.small_log import SmallLog, suites
from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.faults import BadSignature, Malformed
from tongban.evidence.core.keys import Algorithm, NoteKey, Signer
from tongban.evidence.core.note import Note, Signature, Verifiers, open_note, sign_note
from tongban.evidence.core.tiles import decode_bundle, encode_bundle, extend, new_bundles
from tongban.evidence.core.tree import (
    Frontier,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tongban.evidence.core.witness import AddCheckpoint, Refuse, Remembered, cosign, decide


def known(*vkeys: str) -> Verifiers:
    return Verifiers(map(NoteKey.parse, vkeys), suites)


def opened(text: str, *vkeys: str) -> list[str]:
    note = Note.parse(text.encode())
    assert note.data == text.encode()
    return [one.key.vkey for one in open_note(note, known(*vkeys)).signed]


def signer(name: str, algorithm: Algorithm, seed: bytes) -> Signer:
    public = suites(algorithm.value.suite).public(seed)
    return Signer.of(NoteKey(name, algorithm, public), seed, suites)


def test_the_hashes_of_the_ct_project_are_reproduced() -> None:
    # transparency-dev/merkle, rfc6962/rfc6962_test.go.
    assert [
        root_of([]).hex(),
        leaf_hash(b"").hex(),
        leaf_hash(b"L123456").hex(),
        node_hash(b"N123", b"N456").hex(),
    ] == [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56",
        "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb",
    ]


def test_the_reference_tree_of_the_ct_project_has_its_roots_and_proofs() -> None:
    leaves = list(map(leaf_hash, published.CT_LEAVES))
    roots = list(map(bytes.fromhex, published.CT_ROOTS))
    assert [root_of(leaves[:size]) for size in range(1, 9)] == roots
    log = SmallLog(published.CT_LEAVES)
    for (index, size), lines in published.CT_INCLUSION.items():
        hashes = list(map(base64.b64decode, lines))
        assert log.inclusion(index, size) == hashes
        verify_inclusion(leaves[index], index, size, hashes, roots[size - 1])
    for (old, new), lines in published.CT_CONSISTENCY.items():
        hashes = list(map(base64.b64decode, lines))
        assert log.consistency(old, new) == hashes
        verify_consistency(old, new, roots[old - 1], roots[new - 1], hashes)


def test_the_example_of_signed_note_is_verified() -> None:
    assert opened(published.C2SP_NOTE, published.C2SP_VKEY) == [published.C2SP_VKEY]


def test_the_notes_of_gos_library_are_verified_and_signed_alike() -> None:
    peter, enoch = published.PETER_VKEY, published.ENOCH_VKEY
    one = f"{published.PETER_TEXT}\n{published.PETER_LINE}"
    both = one + published.ENOCH_LINE
    assert opened(one, peter) == [peter]
    assert opened(both, peter) == [peter]
    assert opened(both, enoch, peter) == [peter, enoch]
    assert opened(both + published.PETER_LINE + published.ENOCH_LINE, peter) == [peter]
    with pytest.raises(BadSignature, match="no signature by a known key"):
        opened(both, published.C2SP_VKEY)
    peters = signer("PeterNeumann", Algorithm.ED25519, published.PETER_SEED)
    assert peters.key.vkey == peter
    assert sign_note(published.PETER_TEXT, [peters]).data == one.encode()


def test_what_gos_library_refuses_is_refused() -> None:
    # golang.org/x/mod/sumdb/note, note_test.go: TestOpen and TestNewVerifier.
    text, line = published.PETER_TEXT, published.PETER_LINE
    for bad in [
        text,
        f"{text}\n",
        f"{text}\n{line[:-1]}",
        f"\x01{text}\n{line}",
        f"{text}\n— Bad Name {line.split(' ')[2]}",
        f"{text}\n{line}Unexpected line.\n",
        f"{text}\n{line * 101}",
    ]:
        with pytest.raises(Malformed):
            Note.parse(bad.encode())
    with pytest.raises(Malformed):
        Note.parse(b"\xff" + f"{text}\n{line}".encode())
    with pytest.raises(BadSignature, match=r"PeterNeumann\+c74f20a3"):
        opened(f"{text}\n{line[:60]}ABCD{line[60:]}", published.PETER_VKEY)
    for bad in [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        *(published.PETER_VKEY[cut:] for cut in range(1, len(published.PETER_VKEY))),
        *(published.PETER_VKEY[:cut] for cut in range(len(published.PETER_VKEY))),
    ]:
        with pytest.raises(Malformed):
            NoteKey.parse(bad)


def test_the_checkpoint_of_the_go_checksum_database_is_verified() -> None:
    data = published.GO_SUM_CHECKPOINT
    assert opened(data, published.GO_SUM_VKEY) == [published.GO_SUM_VKEY]
    checkpoint = Checkpoint.parse(Note.parse(data.encode()).text)
    assert (checkpoint.origin, checkpoint.size) == ("go.sum database tree", 30_055_305)
    with pytest.raises(BadSignature):
        opened(data.replace("30055305", "30055304"), published.GO_SUM_VKEY)


def test_the_test_log_of_tessera_is_reproduced() -> None:
    # Its signatures too: Ed25519 gives the same one every time, so a verified one is that one.
    frontier, edges = Frontier(), dict[int, bytes]()
    for size in range(16):
        if size:
            leaf = leaf_hash(published.TESSERA_ENTRIES[size - 1])
            frontier, runs = frontier.grow([leaf])
            edges, _ = extend(edges, runs)
        if size in published.TESSERA_CHECKPOINTS:
            data = published.TESSERA_CHECKPOINTS[size]
            assert opened(data, published.TESSERA_VKEY) == [published.TESSERA_VKEY]
            checkpoint = Checkpoint("example.com/log/testdata", size, frontier.root)
            assert Note.parse(data.encode()).text == checkpoint.text
    # testdata/log/tile/entries/000.p/15 and its neighbour tile/0/000.p/15.
    bundle = encode_bundle(published.TESSERA_ENTRIES)
    assert [tile.path for tile in new_bundles(14, 15)] == ["tile/entries/000.p/15"]
    assert bundle[:13].hex() == "00036f6e65000374776f000574"
    assert len(bundle) == 99
    assert decode_bundle(bundle, 15) == published.TESSERA_ENTRIES
    assert len(edges[0]) == 480


def test_the_cosignature_of_sigsum_is_made_and_verified() -> None:
    witness = signer("example.org/witness", Algorithm.ED25519_COSIGNATURE, published.SIGSUM_SEED)
    checkpoint = Checkpoint.parse(published.SIGSUM_TEXT)
    cosignature = cosign(witness, checkpoint, 1234)
    assert cosignature.line == published.SIGSUM_COSIGNATURE_LINE
    note = Note(published.SIGSUM_TEXT, (cosignature,))
    assert open_note(note, Verifiers([witness.key], suites)).signed[0].timestamp == 1234


def test_a_published_key_of_a_witness_is_read() -> None:
    key = NoteKey.parse(published.REMORA_VKEY)
    assert (key.algorithm, key.vkey) == (Algorithm.ED25519_COSIGNATURE, published.REMORA_VKEY)


def test_the_ml_dsa_44_signature_of_torchwood_is_verified() -> None:
    key = signer("example.com/mldsa-log", Algorithm.ML_DSA_44, published.MLDSA_SEED).key
    assert key.key_id.hex() == published.MLDSA_KEY_ID
    raw = base64.b64decode(published.MLDSA_SIGNATURE)
    line = Signature(key.name, raw[:4], raw[4:])
    verifiers = Verifiers([key], suites)
    assert open_note(Note(published.MLDSA_TEXT, (line,)), verifiers).signed[0].timestamp == 0
    with pytest.raises(BadSignature):
        open_note(Note(published.MLDSA_TEXT.replace("\n1\n", "\n2\n"), (line,)), verifiers)


def test_the_requests_of_litewitness_are_decided_as_there() -> None:
    # But for two: it answers an unknown origin with 403, where tlog-witness says 404, and its bad
    # signature ends in "6gx=", which isn't canonical base64.
    key = NoteKey(published.LITEWITNESS_ORIGIN, Algorithm.ED25519, published.LITEWITNESS_KEY)
    logs = {published.LITEWITNESS_ORIGIN: Verifiers([key], suites)}
    hashes = published.LITEWITNESS_HASHES
    grown = published.litewitness_request(1, hashes[1, 3], 3)
    remembered = Remembered()
    answers = []
    for data in [
        published.litewitness_request(0, [], 1),
        grown.replace(b"6go=\n", b"6gw=\n"),
        grown.replace(b"e562", b"e563"),
        published.litewitness_request(1, [], 3),
        grown.replace(b"AAAAA=\n\n", b"AAABA=\n\n"),
        grown,
        published.litewitness_request(1, hashes[1, 5], 5),
        published.litewitness_request(3, hashes[3, 5], 5),
        published.litewitness_request(0, [], 5),
    ]:
        request = AddCheckpoint.parse(data)
        assert request.data == data
        decision = decide(request, logs, remembered)
        if isinstance(decision, Refuse):
            answers.append((decision.status, decision.size))
        else:
            remembered = Remembered(decision.checkpoint.size, decision.checkpoint.root)
            answers.append((200, None))
    assert answers == [
        (200, None),
        (403, None),
        (404, None),
        (422, None),
        (422, None),
        (200, None),
        (409, 3),
        (200, None),
        (409, 5),
    ]
