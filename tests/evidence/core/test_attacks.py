"""What a dishonest log can try, against a witness that remembers and a reader with a policy."""

import itertools

import pytest

from evidence.core.small_log import SmallLog, suites, verifiers, witness
from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.faults import BadProof, BadSignature, QuorumMissed
from tongban.evidence.core.keys import Signer
from tongban.evidence.core.note import Note
from tongban.evidence.core.policy import Policy, default_quorum, evaluate, withstands
from tongban.evidence.core.proof import LogProof
from tongban.evidence.core.tree import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)
from tongban.evidence.core.witness import Accept, AddCheckpoint, Refuse, Remembered, decide

SEEN = 10
HONEST = SmallLog.counting(SEEN)
KNOWN = {"example.org/log": verifiers(HONEST.signer)}
REMEMBERED = Remembered(SEEN, HONEST.checkpoint(SEEN).root)


def refused(log: SmallLog, new: int) -> set[int]:
    """Try every proof that a cheating log could make, from its tree and from the honest one."""
    statuses = set()
    proofs: set[tuple[bytes, ...]] = {()}
    for tree in (log, HONEST):
        for old, size in itertools.product(range(1, SEEN + 1), (SEEN, new)):
            if old <= size <= len(tree.entries):
                proofs.add(tuple(consistency_proof(old, size, tree.get_hash)))
        for index, size in itertools.product(range(new), (SEEN, new)):
            if index < size <= len(tree.entries):
                proofs.add(tuple(inclusion_proof(index, size, tree.get_hash)))
    for proof in proofs:
        with pytest.raises(BadProof):
            verify_consistency(SEEN, new, REMEMBERED.root, log.checkpoint(new).root, proof)
        decision = decide(AddCheckpoint(SEEN, proof, log.note(new)), KNOWN, REMEMBERED)
        assert isinstance(decision, Refuse)
        statuses.add(decision.status)
    return statuses


def grown(entries: list[bytes], new: int) -> SmallLog:
    more = [f"later {number}".encode() for number in range(new)]
    return SmallLog([*entries, *more][:new])


@pytest.mark.parametrize("new", [10, 11, 12, 16, 17])
def test_an_honest_log_grows(new: int) -> None:
    log = grown(HONEST.entries, new)
    request = AddCheckpoint.prove(SEEN, log.note(new), log.get_hash)
    assert decide(request, KNOWN, REMEMBERED) == Accept(log.checkpoint(new))


@pytest.mark.parametrize("at", range(SEEN))
def test_attack_1_an_old_entry_rewritten_and_then_grown_over(at: int) -> None:
    for new in (11, 16):
        log = grown(HONEST.entries, new)
        log.entries[at] = b"rewritten"
        assert refused(log, new) == {422}


@pytest.mark.parametrize("new", range(1, SEEN))
def test_attack_2_a_truncated_log(new: int) -> None:
    note = HONEST.note(new)
    root = HONEST.checkpoint(new).root
    for old in range(SEEN + 1):
        proof = tuple(HONEST.consistency(old, SEEN)) if old else ()
        decision = decide(AddCheckpoint(old, proof, note), KNOWN, REMEMBERED)
        assert isinstance(decision, Refuse)
        assert (decision.status, decision.size) == ((400, None) if old > new else (409, SEEN))
    with pytest.raises(BadProof):
        verify_consistency(SEEN, new, REMEMBERED.root, root, HONEST.consistency(new, SEEN))


@pytest.mark.parametrize("at", range(SEEN))
def test_attack_3_a_split_view_of_the_same_size(at: int) -> None:
    log = SmallLog(HONEST.entries)
    log.entries[at] = b"for others"
    assert refused(log, SEEN) == {422}


@pytest.mark.parametrize("kept", range(SEEN))
def test_attack_4_truncated_and_grown_again(kept: int) -> None:
    for new in (SEEN, 11, 16):
        assert refused(grown(HONEST.entries[:kept], new), new) == {422}


@pytest.mark.parametrize("at", range(SEEN - 1))
def test_attack_5_entries_reordered_or_inserted(at: int) -> None:
    entries = HONEST.entries
    swapped = [*entries[:at], entries[at + 1], entries[at], *entries[at + 2 :]]
    inserted = [*entries[:at], b"inserted", *entries[at:]]
    assert refused(grown(swapped, 12), 12) == {422}
    assert refused(grown(inserted, 12), 12) == {422}


def test_attack_8_an_inner_node_shown_as_a_leaf() -> None:
    log = SmallLog.counting(13)
    for size in range(2, 14):
        root = log.checkpoint(size).root
        for level, index in itertools.product(range(1, 4), range(size)):
            if (index + 1) << level > size:
                continue
            node = log.get_hash(level, index)
            left = log.get_hash(level - 1, index * 2)
            right = log.get_hash(level - 1, index * 2 + 1)
            assert node == node_hash(left, right)
            # The path above the node, and every leaf number that could go with it.
            above = inclusion_proof(index << level, size, log.get_hash)[level:]
            for leaf, number in itertools.product((node, leaf_hash(left + right)), range(size)):
                with pytest.raises(BadProof):
                    verify_inclusion(leaf, number, size, above, root)
            # As an entry its hash has another prefix, whatever the path.
            for number in range(size):
                path = inclusion_proof(number, size, log.get_hash)
                with pytest.raises(BadProof):
                    verify_inclusion(leaf_hash(left + right), number, size, path, root)


def views(log_a: SmallLog, log_b: SmallLog, a: list[Signer], b: list[Signer]) -> list[Note]:
    return [log_a.cosigned(SEEN, *a), log_b.cosigned(SEEN, *b)]


@pytest.mark.parametrize("count", [3, 4, 5])
def test_attack_15_fewer_colluding_witnesses_than_a_split_view_needs(count: int) -> None:
    witnesses = [witness(f"w{number}") for number in range(count)]
    policy = Policy.k_of_n([HONEST.signer.key], [one.key for one in witnesses])
    other = SmallLog.counting(SEEN, prefix="for others")
    needs = withstands(count, default_quorum(count)).split_needs
    for colluders in range(count + 1):
        split = False
        # Each honest witness signs the view that it saw first.
        for sides in itertools.product("ab", repeat=count - colluders):
            honest = list(zip(sides, witnesses[colluders:], strict=True))
            both = witnesses[:colluders]
            a = both + [one for side, one in honest if side == "a"]
            b = both + [one for side, one in honest if side == "b"]
            verdicts = [evaluate(note, policy, suites) for note in views(HONEST, other, a, b)]
            split = split or all(verdict.quorum_reached for verdict in verdicts)
        assert split is (colluders >= needs)
    assert needs >= 2


def test_attack_15_a_witness_that_signs_for_the_others_has_not_their_keys() -> None:
    witnesses = [witness(f"w{number}") for number in range(3)]
    policy = Policy.k_of_n([HONEST.signer.key], [one.key for one in witnesses])
    alone = HONEST.proof(4, SEEN, witnesses[0])
    with pytest.raises(QuorumMissed):
        alone.verify(HONEST.leaf(4), policy, suites)
    own = alone.note.signatures[-1]
    forged = [own._replace(name=one.key.name, key_id=one.key.key_id) for one in witnesses[1:]]
    proof = LogProof(4, alone.hashes, alone.note.with_signatures(forged))
    with pytest.raises(BadSignature):
        proof.verify(HONEST.leaf(4), policy, suites)


def test_a_proof_of_one_view_is_none_in_the_other() -> None:
    other = SmallLog.counting(SEEN, prefix="for others")
    policy = Policy.k_of_n([HONEST.signer.key], [])
    proof = LogProof(4, tuple(HONEST.inclusion(4, SEEN)), other.note(SEEN))
    with pytest.raises(BadProof):
        proof.verify(HONEST.leaf(4), policy, suites)
    assert other.checkpoint(SEEN) != HONEST.checkpoint(SEEN)
    assert Checkpoint.parse(other.note(SEEN).text).size == SEEN
