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
    checkpoint that reached a quorum, or, where none covers the entry yet, the latest published
    one; ``quorum_reached`` tells which; ``policy`` is the tlog-policy file that it is checked by.
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
class _Means:
    """A checkpoint that a log can prove by."""

    note: Note
    size: int
    policy: bytes
    reached: bool
    get_hash: GetHash


@dataclass(frozen=True, slots=True)
class _Proving:
    """One log with the checkpoints that it can prove by, the best first."""

    origin: str
    means: tuple[_Means, ...]

    @classmethod
    def of(cls, held: Promise) -> "_Proving":
        read = TileFiles(folder_of(held.shard)).read
        means = []
        for data, policy in ((held.cosigned, held.policy), (held.published, None)):
            if data is None:
                continue
            note = Note.parse(data)
            size = Checkpoint.parse(note.text).size
            asked = policy or publishing.policy_of(held).data
            means.append(_Means(note, size, asked, policy is not None, hash_reader(size, read)))
        return cls(origin_of(held.shard), tuple(means))

    def prove(self, index: int, leaf: bytes) -> Sealed | None:
        means = next((one for one in self.means if index < one.size), None)
        if means is None:
            return None
        hashes = tuple(inclusion_proof(index, means.size, means.get_hash))
        return Sealed(
            origin=self.origin,
            index=index,
            leaf=leaf,
            proof=LogProof(index, hashes, means.note).data,
            policy=means.policy,
            quorum_reached=means.reached,
        )
