"""The witness protocol without HTTP and storage (C2SP tlog-witness, add-checkpoint).

Between ``decide`` and the answer the caller must compare and store in one step: the witness
still remembers what was handed to ``decide``, and from now on what ``Accept`` says.
"""

from collections.abc import Mapping
from typing import NamedTuple, Self

from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.faults import BadProof, BadSignature, Malformed
from tongban.evidence.core.keys import Signer
from tongban.evidence.core.note import (
    MAX_NOTE,
    Note,
    Signature,
    Verifiers,
    open_note,
    parse_signatures,
    sign,
)
from tongban.evidence.core.text import base64_of, read_hashes, read_number, read_utf8
from tongban.evidence.core.tree import EMPTY_ROOT, GetHash, consistency_proof, verify_consistency

MAX_REQUEST = MAX_NOTE + 4096
"""Bytes of a request at most: a note and 63 hashes."""
CONFLICT_TYPE = "text/x.tlog.size"
"""Content type of the answer to a request from another size than the remembered one."""


class Remembered(NamedTuple):
    """The latest checkpoint of an origin that the witness cosigned, or none."""

    size: int = 0
    root: bytes = EMPTY_ROOT


class AddCheckpoint(NamedTuple):
    """A request: a checkpoint, and the proof that it continues the tree of size ``old``."""

    old: int
    proof: tuple[bytes, ...]
    note: Note

    @classmethod
    def prove(cls, old: int, note: Note, get_hash: GetHash) -> Self:
        """Return the request for a checkpoint, with the proof from the size of a witness."""
        new = Checkpoint.parse(note.text).size
        return cls(old, tuple(consistency_proof(old, new, get_hash)) if old else (), note)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read the body of a request; Malformed, an answer of 400, for any other."""
        head, empty, note = read_utf8(data, MAX_REQUEST).partition("\n\n")
        old, *lines = head.split("\n")
        if not empty or not old.startswith("old "):
            message = "no line of the old size, or no empty line after the hashes"
            raise Malformed(message)
        request = cls(
            read_number(old.removeprefix("old ")), read_hashes(lines), Note.parse(note.encode())
        )
        Checkpoint.parse(request.note.text)
        return request

    @property
    def data(self) -> bytes:
        """The body of the request; Malformed if ``parse`` would not read the same from it."""
        lines = [f"old {self.old}", *map(base64_of, self.proof), "", ""]
        data = "\n".join(lines).encode() + self.note.data
        if self.parse(data) != self:
            message = "the old size or a hash can't stand in a request"
            raise Malformed(message)
        return data

    @property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint, not yet checked."""
        return Checkpoint.parse(self.note.text)


class Accept(NamedTuple):
    """The checkpoint to remember and, once that is stored, to cosign."""

    checkpoint: Checkpoint


class Refuse(NamedTuple):
    """The status to answer with; ``size`` is the remembered one with 409, the whole body then."""

    status: int
    reason: str
    size: int | None = None

    @property
    def body(self) -> str:
        """The text of the answer."""
        return f"{self.reason if self.size is None else self.size}\n"


def decide(
    request: AddCheckpoint, logs: Mapping[str, Verifiers], remembered: Remembered
) -> Accept | Refuse:
    """Decide on a request; ``logs`` has the keys of each origin, ``remembered`` is of this one.

    Statuses in the order of tlog-witness: 404 for an unknown origin, 403 without a good
    signature of its log, 400 for an old size above the new, 409 for another old size than the
    remembered one, 422 for a root or proof that doesn't fit.
    """
    checkpoint = request.checkpoint
    verifiers = logs.get(checkpoint.origin)
    if verifiers is None:
        return Refuse(404, f"unknown origin {checkpoint.origin[:80]!r}")
    try:
        open_note(request.note, verifiers)
    except BadSignature as fault:
        return Refuse(403, str(fault))
    if request.old > checkpoint.size:
        return Refuse(400, f"the old size {request.old} is above {checkpoint.size}")
    if request.old != remembered.size:
        return Refuse(409, "another old size", remembered.size)
    try:
        _check_growth(request, checkpoint, remembered)
    except BadProof as fault:
        return Refuse(422, str(fault))
    return Accept(checkpoint)


def cosign(signer: Signer, checkpoint: Checkpoint, timestamp: int) -> Signature:
    """Cosign a checkpoint that was accepted and stored; seconds since 1970, never 0.

    Raises Malformed for a time of 0 and for a key that no witness signs with.
    """
    if timestamp <= 0 or not signer.key.algorithm.value.for_witness:
        message = "a cosignature needs a witness's key and a time"
        raise Malformed(message)
    return sign(signer, checkpoint.text, timestamp)


def answer(cosignatures: tuple[Signature, ...]) -> bytes:
    """Return the body of the answer 200: the cosignature lines."""
    return "".join(one.line for one in cosignatures).encode()


def read_answer(data: bytes, note: Note, witness: Verifiers) -> tuple[Signature, ...]:
    """Return the good cosignatures in a witness's answer for the checkpoint that was sent.

    Those of unknown keys are left out. Raises Malformed or BadSignature; also where none is left
    or one has no time.
    """
    lines = parse_signatures(read_utf8(data, MAX_NOTE))
    signed = open_note(Note(note.text, lines), witness).signed
    if not all(one.timestamp for one in signed):
        message = "a cosignature without a time"
        raise BadSignature(message)
    return tuple(one.signature for one in signed)


def _check_growth(request: AddCheckpoint, checkpoint: Checkpoint, remembered: Remembered) -> None:
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        message = "the root of the empty tree is the hash of nothing"
        raise BadProof(message)
    if request.old == 0:
        if request.proof:
            message = "from size 0 there is nothing to prove"
            raise BadProof(message)
        return
    verify_consistency(
        request.old, checkpoint.size, remembered.root, checkpoint.root, request.proof
    )
