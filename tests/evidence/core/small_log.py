"""Trees by the definition, suites to sign with, and a log small enough to hold in a list."""

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.keys import Algorithm, NoteKey, Signer, Suite
from tongban.evidence.core.note import Note, Verifiers, sign_note
from tongban.evidence.core.proof import LogProof
from tongban.evidence.core.tree import consistency_proof, inclusion_proof, leaf_hash
from tongban.evidence.core.witness import cosign


class Intl:
    """Ed25519 by the cryptography package."""

    def public(self, private: bytes) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()

    def sign(self, private: bytes, message: bytes) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(private).sign(message)

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class Pq:
    """ML-DSA-44 by the cryptography package."""

    def public(self, private: bytes) -> bytes:
        return MLDSA44PrivateKey.from_seed_bytes(private).public_key().public_bytes_raw()

    def sign(self, private: bytes, message: bytes) -> bytes:
        return MLDSA44PrivateKey.from_seed_bytes(private).sign(message)

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        try:
            MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class GmInShape:
    """Keys and signatures of SM2's lengths, worth nothing: what they cover is what is tested."""

    def public(self, private: bytes) -> bytes:
        return b"\x04" + hashlib.sha512(private).digest()

    def sign(self, private: bytes, message: bytes) -> bytes:
        return hashlib.sha512(self.public(private) + message).digest()

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        return signature == hashlib.sha512(public + message).digest()


_SUITES: dict[str, Suite] = {"intl-1": Intl(), "pq-1": Pq(), "gm-1": GmInShape()}


def suites(name: str) -> Suite:
    return _SUITES[name]


def signer(name: str, algorithm: Algorithm = Algorithm.ED25519, seed: str | None = None) -> Signer:
    """Return a signer; the same ``seed``, by default the name, gives the same key pair."""
    private = hashlib.sha256((seed or name).encode()).digest()
    public = suites(algorithm.value.suite).public(private)
    return Signer.of(NoteKey(name, algorithm, public), private, suites)


def witness(name: str, seed: str | None = None) -> Signer:
    return signer(name, Algorithm.ED25519_COSIGNATURE, seed)


def verifiers(*signers: Signer) -> Verifiers:
    return Verifiers([one.key for one in signers], suites)


def root_by_definition(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    return _root(tuple(leaves))


@cache
def _root(leaves: tuple[bytes, ...]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = largest_power_below(len(leaves))
    left, right = _root(leaves[:k]), _root(leaves[k:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def path_by_definition(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if m < k:
        return [*path_by_definition(m, leaves[:k]), root_by_definition(leaves[k:])]
    return [*path_by_definition(m - k, leaves[k:]), root_by_definition(leaves[:k])]


def proof_by_definition(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF of RFC 6962 section 2.1.2."""
    return _subproof(m, leaves, whole=True)


def _subproof(m: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [root_by_definition(leaves)]
    k = largest_power_below(len(leaves))
    if m <= k:
        return [*_subproof(m, leaves[:k], whole=whole), root_by_definition(leaves[k:])]
    return [*_subproof(m - k, leaves[k:], whole=False), root_by_definition(leaves[:k])]


def largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


class SmallLog:
    """A log of an origin with its key; nothing keeps its operator from cheating."""

    def __init__(self, entries: Sequence[bytes], origin: str = "example.org/log") -> None:
        self.entries = list(entries)
        self.signer = signer(origin)

    @classmethod
    def counting(cls, size: int, prefix: str = "entry", origin: str = "example.org/log") -> Self:
        return cls([f"{prefix} {number}".encode() for number in range(size)], origin)

    def get_hash(self, level: int, index: int) -> bytes:
        part = self.entries[index << level : (index + 1) << level]
        assert len(part) == 1 << level
        return root_by_definition(part)

    def checkpoint(self, size: int) -> Checkpoint:
        root = root_by_definition(self.entries[:size])
        return Checkpoint(self.signer.key.name, size, root)

    def note(self, size: int) -> Note:
        return sign_note(self.checkpoint(size).text, [self.signer])

    def cosigned(self, size: int, *witnesses: Signer, timestamp: int = 1_700_000_000) -> Note:
        checkpoint = self.checkpoint(size)
        return self.note(size).with_signatures(
            [cosign(one, checkpoint, timestamp) for one in witnesses]
        )

    def inclusion(self, index: int, size: int) -> list[bytes]:
        return inclusion_proof(index, size, self.get_hash)

    def consistency(self, old: int, new: int) -> list[bytes]:
        return consistency_proof(old, new, self.get_hash)

    def proof(self, index: int, size: int, *witnesses: Signer) -> LogProof:
        hashes = tuple(self.inclusion(index, size))
        return LogProof(index, hashes, self.cosigned(size, *witnesses))

    def leaf(self, index: int) -> bytes:
        return leaf_hash(self.entries[index])
