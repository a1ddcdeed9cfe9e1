"""Run in a place by ``bench.evidence``: how long a person's receipt takes to be checked.

``FOLDER COUNT`` adds a case's entries, in memory, to the log that ``bench.evidence_tree`` has
grown, makes their receipt with three cosignatures, and prints the ms of each check.
"""

import json
import sys
import time
from hashlib import sha256
from pathlib import Path

from bench.evidence_tree import signer_of
from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.keys import Algorithm
from tongban.evidence.core.note import sign_note
from tongban.evidence.core.policy import Policy
from tongban.evidence.core.proof import LogProof
from tongban.evidence.core.tiles import hash_reader
from tongban.evidence.core.tree import inclusion_proof
from tongban.evidence.core.witness import cosign
from tongban.evidence.receipts import Outcome, Piece, check, write
from tongban.evidence.rules import Opening, disclosure_digest, disclosure_of, leaf_of
from tongban.evidence.sealing.growth import Growth
from tongban.evidence.tilefiles import TileFiles
from tongban.kernel.canonical import canonical_bytes

ENTRIES = 20
"""As many as a case has that a window took in and that ended in a licence."""
_TIME = 1_800_000_000
_FACTS = {f"fact{number}": "a text of some length, as facts have" for number in range(12)}


def opening(number: int) -> Opening:
    """Return an entry of about 1 KiB that shows three personal fields."""
    shown = [disclosure_of(name, "马清荷") for name in ("name", "phone", "address")]
    body = {
        "v": 1,
        "id": f"local-{number:032}",
        "kind": "case.received",
        "at": "2026-11-02T03:00:00.000000Z",
        "facts": _FACTS,
        "_sd_alg": "sha-256",
        "_sd": sorted(map(disclosure_digest, shown)),
    }
    salt = sha256(number.to_bytes(8, "big")).digest()
    return Opening(salt=salt, body=canonical_bytes(body), disclosures=tuple(shown))


def receipt(folder: Path) -> bytes:
    """Return the receipt of a case at the end of the log."""
    begin = int((folder / "size").read_text())
    files = TileFiles(folder)
    openings = [opening(number) for number in range(ENTRIES)]
    leaves = [leaf_of(one.salt, one.body) for one in openings]
    growth, written = Growth.read(begin, files).grow(leaves)
    new = {(tile.level, tile.index, tile.width): content for tile, content in written}

    def read(level: int, index: int, width: int) -> bytes:
        return new.get((level, index, width)) or files.read(level, index, width)

    size = begin + ENTRIES
    log = signer_of("bench/log/2026", bytes(range(32)), Algorithm.ED25519)
    witnesses = [
        signer_of(f"w{number}/witness", bytes([number]) * 32, Algorithm.ED25519_COSIGNATURE)
        for number in range(3)
    ]
    checkpoint = Checkpoint(log.key.name, size, growth.frontier.root)
    note = sign_note(checkpoint.text, [log])
    note = note.with_signatures(cosign(one, checkpoint, _TIME) for one in witnesses)
    get_hash = hash_reader(size, read)
    pieces = [
        Piece(
            name=f"{number:04}-case.received",
            opening=one,
            leaf=leaf,
            proof=LogProof(
                begin + number, tuple(inclusion_proof(begin + number, size, get_hash)), note
            ).data,
        )
        for number, (one, leaf) in enumerate(zip(openings, leaves, strict=True))
    ]
    policy = Policy.k_of_n([log.key], [one.key for one in witnesses], 3)
    return write(pieces, [policy.data])


def main(folder: Path, count: int) -> None:
    """Check the receipt so many times and print the ms of each."""
    data, samples = receipt(folder), []
    for _ in range(count):
        began = time.perf_counter()
        report = check(data)
        samples.append((time.perf_counter() - began) * 1000)
        assert (report.outcome, len(report.entries)) == (Outcome.GOOD, ENTRIES), report
    print(json.dumps({"ms": samples}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
