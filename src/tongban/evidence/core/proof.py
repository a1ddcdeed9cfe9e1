"""Proofs that can be checked offline (C2SP tlog-proof): the text that a receipt carries."""

from dataclasses import dataclass
from typing import Self

from tongban.evidence.core.faults import Malformed, QuorumMissed
from tongban.evidence.core.keys import SuiteLookup
from tongban.evidence.core.note import MAX_NOTE, Note
from tongban.evidence.core.policy import Policy, Verdict, evaluate
from tongban.evidence.core.text import (
    base64_of,
    read_base64,
    read_hashes,
    read_number,
    read_utf8,
)
from tongban.evidence.core.tree import verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
MAX_PROOF = 2 * MAX_NOTE
"""Bytes of a proof at most."""


@dataclass(frozen=True, slots=True)
class LogProof:
    """A leaf's index, its inclusion proof, and the checkpoint with all its signatures.

    ``extra`` is nobody's statement: no signature covers it. Empty, it has no line.
    """

    index: int
    hashes: tuple[bytes, ...]
    note: Note
    extra: bytes = b""

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a proof (tlog-proof, Format); Malformed for any departure from it."""
        head, empty, note = read_utf8(data, MAX_PROOF).partition("\n\n")
        lines = head.split("\n")
        if not empty or lines[0] != HEADER:
            message = f"not a proof: no line {HEADER!r}, or no empty line after the hashes"
            raise Malformed(message)
        extra = b""
        if lines[1:] and lines[1].startswith("extra "):
            extra = read_base64(lines.pop(1).removeprefix("extra "))
        if not lines[1:] or not lines[1].startswith("index "):
            message = "not a proof: no index line"
            raise Malformed(message)
        index = read_number(lines[1].removeprefix("index "))
        return cls(index, read_hashes(lines[2:]), Note.parse(note.encode()), extra)

    @property
    def data(self) -> bytes:
        """The proof as bytes; Malformed if ``parse`` would not read the same from them."""
        extra = [f"extra {base64_of(self.extra)}"] if self.extra else []
        lines = [HEADER, *extra, f"index {self.index}", *map(base64_of, self.hashes)]
        data = "\n".join([*lines, "", ""]).encode() + self.note.data
        if self.parse(data) != self:
            message = "the index or a hash can't stand in a proof"
            raise Malformed(message)
        return data

    def verify(self, leaf: bytes, policy: Policy, suites: SuiteLookup) -> Verdict:
        """Check that the leaf hash was logged, as the policy asks (Verifying a tlog proof).

        The leaf hash is computed by the caller from what it holds, never read from the proof.
        Raises Malformed, BadSignature, QuorumMissed or BadProof.
        """
        verdict = evaluate(self.note, policy, suites)
        if not verdict.quorum_reached:
            message = f"{len(verdict.cosigned)} of the policy's witnesses don't make its quorum"
            raise QuorumMissed(message)
        checkpoint = verdict.checkpoint
        verify_inclusion(leaf, self.index, checkpoint.size, self.hashes, checkpoint.root)
        return verdict
