"""Trees and proofs against the definition of RFC 6962, and whatever a proof must not prove."""

import hashlib
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.core.small_log import (
    SmallLog,
    path_by_definition,
    proof_by_definition,
    root_by_definition,
)
from tongban.evidence.core.faults import BadProof
from tongban.evidence.core.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

LARGEST = 130
LOG = SmallLog.counting(LARGEST)
LEAVES = [leaf_hash(entry) for entry in LOG.entries]


@cache
def get_hash(level: int, index: int) -> bytes:
    return LOG.get_hash(level, index)


@cache
def root(size: int) -> bytes:
    return root_by_definition(LOG.entries[:size])


def test_leaves_and_nodes_are_hashed_apart() -> None:
    left, right = leaf_hash(b"l"), leaf_hash(b"r")
    assert leaf_hash(b"") == hashlib.sha256(b"\x00").digest()
    assert node_hash(left, right) == hashlib.sha256(b"\x01" + left + right).digest()
    assert leaf_hash(left + right) != node_hash(left, right)


def test_the_root_of_every_size_is_that_of_the_definition() -> None:
    assert [root_of(LEAVES[:size]) for size in range(LARGEST + 1)] == [
        root(size) for size in range(LARGEST + 1)
    ]
    assert root_of([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", range(1, LARGEST + 1))
def test_every_inclusion_proof_is_that_of_the_definition_and_verifies(size: int) -> None:
    for index in range(size):
        proof = inclusion_proof(index, size, get_hash)
        assert proof == path_by_definition(index, LOG.entries[:size])
        verify_inclusion(LEAVES[index], index, size, proof, root(size))


@pytest.mark.parametrize("new", range(1, LARGEST + 1))
def test_every_consistency_proof_is_that_of_the_definition_and_verifies(new: int) -> None:
    for old in range(1, new + 1):
        proof = consistency_proof(old, new, get_hash)
        assert proof == proof_by_definition(old, LOG.entries[:new])
        verify_consistency(old, new, root(old), root(new), proof)


def test_an_inclusion_proof_proves_no_other_leaf_index_or_size() -> None:
    # A root doesn't tell its size, a checkpoint tells both: so another size has its own root.
    for size in range(1, 34):
        for index in range(size):
            proof = inclusion_proof(index, size, get_hash)
            for other in range(-1, size + 2):
                if other != index:
                    with pytest.raises(BadProof):
                        verify_inclusion(LEAVES[index], other, size, proof, root(size))
                    with pytest.raises(BadProof):
                        verify_inclusion(LEAVES[other], index, size, proof, root(size))
            for other in range(size + 3):
                if other != size:
                    with pytest.raises(BadProof):
                        verify_inclusion(LEAVES[index], index, other, proof, root(other))


def test_a_consistency_proof_proves_no_other_pair_of_roots() -> None:
    for new in range(2, 34):
        for old in range(1, new):
            proof = consistency_proof(old, new, get_hash)
            for other in range(LARGEST // 4):
                if other != old:
                    with pytest.raises(BadProof):
                        verify_consistency(old, new, root(other), root(new), proof)
                if other != new:
                    with pytest.raises(BadProof):
                        verify_consistency(old, new, root(old), root(other), proof)


@given(st.data())
def test_no_changed_inclusion_proof_verifies(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, LARGEST))
    index = data.draw(st.integers(0, size - 1))
    for changed in changes_of(inclusion_proof(index, size, get_hash), data):
        with pytest.raises(BadProof):
            verify_inclusion(LEAVES[index], index, size, changed, root(size))


@given(st.data())
def test_no_changed_consistency_proof_verifies(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, LARGEST))
    old = data.draw(st.integers(1, new))
    for changed in changes_of(consistency_proof(old, new, get_hash), data):
        with pytest.raises(BadProof):
            verify_consistency(old, new, root(old), root(new), changed)


def changes_of(proof: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    other = data.draw(st.binary(min_size=32, max_size=32))
    at = data.draw(st.integers(0, len(proof)))
    changes = [[*proof[:at], other, *proof[at:]], [*proof, *proof, other], [*proof, b""]]
    if at < len(proof):
        bit = 1 << data.draw(st.integers(0, 255))
        flipped = (int.from_bytes(proof[at], "big") ^ bit).to_bytes(32, "big")
        changes += [proof[:at] + proof[at + 1 :], [*proof[:at], flipped, *proof[at + 1 :]]]
        changes += [[*proof[:at], proof[at][:31], *proof[at + 1 :]]]
    if len(proof) > 1 and proof[0] != proof[-1]:
        changes.append(proof[::-1])
    return changes


def test_attack_17_an_index_at_or_beyond_the_size_is_refused() -> None:
    for index, size in [(0, 0), (1, 1), (5, 5), (6, 5), (-1, 5), (0, -1), (2**64, 5)]:
        with pytest.raises(BadProof, match="there is no leaf"):
            verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])
        with pytest.raises(BadProof, match="there is no leaf"):
            inclusion_proof(index, size, get_hash)


def test_attack_17_an_empty_or_too_short_proof_is_refused() -> None:
    proof = inclusion_proof(3, 7, get_hash)
    for length in range(len(proof)):
        with pytest.raises(BadProof, match="too short"):
            verify_inclusion(LEAVES[3], 3, 7, proof[:length], root(7))
    with pytest.raises(BadProof, match="empty"):
        verify_consistency(4, 7, root(4), root(7), [])


def test_attack_17_a_too_long_proof_is_refused() -> None:
    proof = inclusion_proof(3, 7, get_hash)
    with pytest.raises(BadProof, match="too long"):
        verify_inclusion(LEAVES[3], 3, 7, [*proof, root(7)], root(7))
    with pytest.raises(BadProof, match="too long"):
        verify_consistency(
            3, 7, root(3), root(7), [*consistency_proof(3, 7, get_hash), *LEAVES * 9]
        )


@pytest.mark.parametrize("wrong", [b"", b"\0" * 31, b"\0" * 33, b"\0" * 64])
def test_attack_17_a_hash_of_another_length_is_refused(wrong: bytes) -> None:
    with pytest.raises(BadProof, match="32 bytes"):
        verify_inclusion(wrong, 0, 1, [], wrong)
    with pytest.raises(BadProof, match="32 bytes"):
        verify_inclusion(LEAVES[0], 0, 2, [wrong], root(2))
    with pytest.raises(BadProof, match="32 bytes"):
        verify_inclusion(LEAVES[0], 0, 1, [], wrong)
    with pytest.raises(BadProof, match="32 bytes"):
        verify_consistency(1, 1, wrong, wrong, [])
    with pytest.raises(BadProof, match="32 bytes"):
        verify_consistency(1, 2, root(1), root(2), [wrong])
    with pytest.raises(BadProof, match="32 bytes"):
        root_of([LEAVES[0], wrong])


def test_attack_17_a_size_of_zero_proves_nothing() -> None:
    for new in (0, 1, 7):
        with pytest.raises(BadProof, match="no proof shows"):
            verify_consistency(0, new, EMPTY_ROOT, root(new), [])
        with pytest.raises(BadProof, match="no consistency proof"):
            consistency_proof(0, new, get_hash)
    with pytest.raises(BadProof, match="no proof shows"):
        verify_consistency(5, 0, root(5), EMPTY_ROOT, [])


def test_the_empty_root_is_no_leaf() -> None:
    for size in (0, 1):
        with pytest.raises(BadProof):
            verify_inclusion(b"", 0, size, [], EMPTY_ROOT)
    with pytest.raises(BadProof):
        verify_inclusion(leaf_hash(b""), 0, 1, [], EMPTY_ROOT)
    with pytest.raises(BadProof):
        verify_inclusion(EMPTY_ROOT, 0, 0, [], EMPTY_ROOT)


def test_equal_sizes_compare_the_roots_and_need_no_proof() -> None:
    verify_consistency(7, 7, root(7), root(7), [])
    for other_root, proof in [(root(6), []), (root(7), [root(7)])]:
        with pytest.raises(BadProof, match="one size"):
            verify_consistency(7, 7, root(7), other_root, proof)
    assert consistency_proof(7, 7, get_hash) == []


def test_a_frontier_reaches_the_same_tree_whatever_the_batches() -> None:
    for first in range(40):
        for second in range(40):
            grown, _ = Frontier().grow(LEAVES[:first])
            grown, _ = grown.grow(LEAVES[first : first + second])
            assert (grown.size, grown.root) == (first + second, root(first + second))
            assert grown == Frontier.read(first + second, get_hash)


@given(st.lists(st.integers(0, 700), max_size=6))
def test_a_frontier_names_every_new_hash_of_every_level_of_tiles_once(batches: list[int]) -> None:
    leaves = [leaf_hash(number.to_bytes(4, "big")) for number in range(sum(batches))]
    frontier = Frontier()
    levels: dict[int, list[bytes]] = {}
    for batch in batches:
        frontier, runs = frontier.grow(leaves[frontier.size : frontier.size + batch])
        assert [run.level for run in runs] == sorted({run.level for run in runs})
        for run in runs:
            level = levels.setdefault(run.level, [])
            assert run.start == len(level)
            level += run.hashes
    assert levels.get(0, []) == leaves
    parents = [root_of(leaves[at : at + 256]) for at in range(0, len(leaves) // 256 * 256, 256)]
    assert levels.get(1, []) == parents
    assert frontier.root == root_of(leaves)


def test_a_frontier_that_grew_leaves_the_old_one_as_it_was() -> None:
    before, _ = Frontier().grow(LEAVES[:77])
    after, _ = before.grow(LEAVES[77:])
    assert (before.size, before.root) == (77, root(77))
    assert (after.size, after.root) == (LARGEST, root(LARGEST))
    assert before.grow([]) == (before, [])


@pytest.mark.parametrize(
    ("size", "nodes"),
    [(1, ()), (0, (b"\0" * 32,)), (3, (b"\0" * 32,)), (1, (b"\0" * 31,)), (-1, ())],
)
def test_a_frontier_is_refused_that_fits_no_tree(size: int, nodes: tuple[bytes, ...]) -> None:
    with pytest.raises(BadProof):
        Frontier(size, nodes)
