"""What proves that an entry stands in the log: for receipts, read from the published files."""

from collections.abc import Sequence
from dataclasses import dataclass

from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.note import Note
from tongban.evidence.core.proof import LogProof
from tongban.evidence.core.tiles import hash_reader
from tongban.evidence.core.tree import GetHash, inclusion_proof
from tongban.evidence.models import Seal
from tongban.evidence.sealing import promise, publishing
from tongban.evidence.sealing.promise import Promise
from tongban.evidence.shards import folder_of, origin_of
from tongban.evidence.tilefiles import TileFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """An entry in its log.

    ``leaf`` is what the log holds, 33 bytes; ``proof`` a tlog-proof text with the latest
    checkpoint that reached the policy's quorum, or, where none covers the entry yet, the latest
    published one; ``policy`` the tlog-policy file of this log; ``quorum_reached`` tells which.
    """

    origin: str
    index: int
    leaf: bytes
    proof: bytes
    policy: bytes
    quorum_reached: bool


def proofs_of(*, entry_ids: Sequence[str]) -> dict[str, Sealed]:
    """Return what proves each of the entries; one that isn't in the log yet is absent.

    One statement. Malformed for an unreadable policy, LookupError for tiles that are gone.
    """
    seals = Seal.objects.filter(entry__entry_id__in=list(entry_ids))
    rows = list(seals.values_list("entry__entry_id", "shard", "leaf_index", "entry__leaf"))
    with promise.reading() as promises:
        logs = {held.shard: _Proving.of(held) for held in promises.all()}
    found = {}
    for entry_id, shard, index, leaf in rows:
        proving = logs.get(shard)
        sealed = None if proving is None else proving.prove(index, bytes(leaf))
        if sealed is not None:
            found[entry_id] = sealed
    return found


@dataclass(frozen=True, slots=True)
class _Proving:
    """One log with the checkpoints that it can prove by, the best first."""

    origin: str
    policy: bytes
    notes: tuple[tuple[Note, int, bool, GetHash], ...]

    @classmethod
    def of(cls, held: Promise) -> "_Proving":
        read = TileFiles(folder_of(held.shard)).read
        notes = []
        for data, reached in ((held.cosigned, True), (held.published, False)):
            if data is not None:
                note = Note.parse(data)
                size = Checkpoint.parse(note.text).size
                notes.append((note, size, reached, hash_reader(size, read)))
        policy = publishing.policy_of(held).data if notes else b""
        return cls(origin_of(held.shard), policy, tuple(notes))

    def prove(self, index: int, leaf: bytes) -> Sealed | None:
        for note, size, reached, get_hash in self.notes:
            if index < size:
                hashes = tuple(inclusion_proof(index, size, get_hash))
                return Sealed(
                    origin=self.origin,
                    index=index,
                    leaf=leaf,
                    proof=LogProof(index, hashes, note).data,
                    policy=self.policy,
                    quorum_reached=reached,
                )
        return None
