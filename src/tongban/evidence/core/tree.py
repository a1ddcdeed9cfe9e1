"""Merkle trees of RFC 6962 (section 2.1), proofs and their verification.

``get_hash(level, index)``, wherever it is a parameter, returns the hash of the complete subtree
over the ``2**level`` leaves that begin at leaf ``index << level``.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple, Self, TypeAlias

from tongban.evidence.core.faults import BadProof
from tongban.evidence.core.text import HASH_LENGTH

GetHash: TypeAlias = Callable[[int, int], bytes]

EMPTY_ROOT = sha256(b"").digest()
"""MTH({}), RFC 6962 section 2.1."""
TILE_HEIGHT = 8
"""A tile stands for a subtree of this height (tlog-tiles, Merkle Tree)."""


def leaf_hash(entry: bytes) -> bytes:
    """Return SHA-256(0x00 || entry), RFC 6962 section 2.1."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 || left || right), RFC 6962 section 2.1."""
    return sha256(b"\x01" + left + right).digest()


class Run(NamedTuple):
    """Hashes that came to the end of a level of tiles: ``start`` is the first one's index there."""

    level: int
    start: int
    hashes: list[bytes]


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: the roots of the complete subtrees that its size is the sum of.

    ``nodes`` holds one hash for each set bit of ``size``, the largest subtree first. A value: to
    grow it leaves the old one as it was, so that a batch that wasn't committed is forgotten.
    """

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Refuse nodes that can't be the edge of a tree of this size."""
        if self.size < 0 or len(self.nodes) != self.size.bit_count():
            message = f"{len(self.nodes)} hashes are not the edge of a tree of size {self.size}"
            raise BadProof(message)
        _check_lengths(self.nodes)

    @classmethod
    def read(cls, size: int, get_hash: GetHash) -> Self:
        """Take up the tree of this size from its stored hashes."""
        return cls(size, tuple(_complete_parts(0, size, get_hash)))

    @property
    def root(self) -> bytes:
        """The tree's root, MTH(D[size])."""
        return _fold(self.nodes) if self.nodes else EMPTY_ROOT

    def grow(self, leaf_hashes: Sequence[bytes]) -> tuple[Self, list[Run]]:
        """Return the tree with these leaves appended, and the hashes that tiles gain by it.

        The work is one hash for each leaf, done level by level. The runs go to
        ``tiles.extend``, lowest level first; there is none for an empty batch.
        """
        _check_lengths(leaf_hashes)
        levels = [level for level in range(self.size.bit_length()) if self.size >> level & 1]
        held = dict(zip(reversed(levels), self.nodes, strict=True))
        row, start, level = list(leaf_hashes), self.size, 0
        runs = []
        while row:
            if level % TILE_HEIGHT == 0:
                runs.append(Run(level // TILE_HEIGHT, start, row))
            if start & 1:
                row = [held.pop(level), *row]
            if len(row) & 1:
                held[level] = row[-1]
            pairs = zip(row[::2], row[1::2], strict=False)
            row = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
            start, level = start >> 1, level + 1
        nodes = tuple(held[level] for level in sorted(held, reverse=True))
        return type(self)(self.size + len(leaf_hashes), nodes), runs


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root of the tree over these leaf hashes, RFC 6962 section 2.1."""
    return Frontier().grow(leaf_hashes)[0].root


def inclusion_proof(index: int, size: int, get_hash: GetHash) -> list[bytes]:
    """Return PATH(index, D[size]), RFC 6962 section 2.1.1; BadProof unless index < size."""
    if not 0 <= index < size:
        message = f"there is no leaf {index} in a tree of size {size}"
        raise BadProof(message)
    proof = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            proof.append(_range_hash(middle, high, get_hash))
            high = middle
        else:
            proof.append(_range_hash(low, middle, get_hash))
            low = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, get_hash: GetHash) -> list[bytes]:
    """Return PROOF(old, D[new]), RFC 6962 section 2.1.2; BadProof unless 0 < old <= new.

    Between equal sizes it is empty. From size 0 there is nothing to prove.
    """
    if not 0 < old <= new:
        message = f"there is no consistency proof from size {old} to {new}"
        raise BadProof(message)
    proof = []
    low, high = 0, new
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            proof.append(_range_hash(middle, high, get_hash))
            high = middle
        else:
            proof.append(_range_hash(low, middle, get_hash))
            low = middle
    if low:
        proof.append(_range_hash(low, high, get_hash))
    return proof[::-1]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf hash stands at ``index`` under ``root``, RFC 9162 section 2.1.3.2.

    Raises BadProof for everything else, among it an index beyond the size, a proof of another
    length and a hash that hasn't 32 bytes.
    """
    if not 0 <= index < size:
        message = f"there is no leaf {index} in a tree of size {size}"
        raise BadProof(message)
    _check_lengths([leaf, *proof, root])
    found = leaf
    for is_left, sibling in _climb(index, size - 1, proof):
        found = node_hash(sibling, found) if is_left else node_hash(found, sibling)
    if found != root:
        message = f"the inclusion proof of leaf {index} doesn't lead to the root"
        raise BadProof(message)


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that a tree of size ``new`` begins with that of ``old``, RFC 9162 section 2.1.4.2.

    Raises BadProof for everything else. Size 0 is refused: it would prove nothing. Equal sizes
    need equal roots and an empty proof.
    """
    if not 0 < old <= new:
        message = f"no proof shows that size {new} continues size {old}"
        raise BadProof(message)
    _check_lengths([old_root, new_root, *proof])
    if old == new:
        if proof or old_root != new_root:
            message = f"two roots or a proof for the one size {old}"
            raise BadProof(message)
        return
    path = [old_root, *proof] if old.bit_count() == 1 else list(proof)
    if not proof:
        message = "the consistency proof is empty"
        raise BadProof(message)
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    found_old = found_new = path[0]
    for is_left, sibling in _climb(first, last, path[1:]):
        found_old = node_hash(sibling, found_old) if is_left else found_old
        found_new = node_hash(sibling, found_new) if is_left else node_hash(found_new, sibling)
    if (found_old, found_new) != (old_root, new_root):
        message = f"size {new} is not shown to continue size {old}"
        raise BadProof(message)


def _climb(first: int, last: int, proof: Sequence[bytes]) -> Iterator[tuple[bool, bytes]]:
    """Yield each hash of a proof, and whether it stands on the left.

    The walk that RFC 9162 sections 2.1.3.2 and 2.1.4.2 have in common, fn and sn in their words.
    Raises BadProof where the proof ends before or after the root.
    """
    for sibling in proof:
        if last == 0:
            message = "the proof is too long"
            raise BadProof(message)
        is_left = bool(first & 1) or first == last
        yield is_left, sibling
        while is_left and first and not first & 1:
            first, last = first >> 1, last >> 1
        first, last = first >> 1, last >> 1
    if last:
        message = "the proof is too short"
        raise BadProof(message)


def _check_lengths(hashes: Sequence[bytes]) -> None:
    if not set(map(len, hashes)) <= {HASH_LENGTH}:
        message = f"a hash has {HASH_LENGTH} bytes"
        raise BadProof(message)


def _split(count: int) -> int:
    """Return the largest power of two below ``count``, the k of RFC 6962 section 2.1."""
    return 1 << ((count - 1).bit_length() - 1)


def _complete_parts(low: int, high: int, get_hash: GetHash) -> list[bytes]:
    parts = []
    while low < high:
        level = (high - low).bit_length() - 1
        parts.append(get_hash(level, low >> level))
        low += 1 << level
    return parts


def _fold(parts: Sequence[bytes]) -> bytes:
    found = parts[-1]
    for left in reversed(parts[:-1]):
        found = node_hash(left, found)
    return found


def _range_hash(low: int, high: int, get_hash: GetHash) -> bytes:
    """Return MTH(D[low:high]); ``low`` is a multiple of every power of two up to the length."""
    return _fold(_complete_parts(low, high, get_hash))
