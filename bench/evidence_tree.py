"""Run in a place by ``bench.evidence``: a log of many entries, as files alone.

``grow SIZE`` brings it to that size by the sequencer's own means, and prints the process's memory
on the way; an earlier run is gone on with. ``prove COUNT`` prints the ms that a proof takes.
"""

import json
import random
import sys
import time
from hashlib import sha256
from pathlib import Path

import django

django.setup()

from tongban.evidence.core.checkpoint import Checkpoint  # noqa: E402 - Django is set up first
from tongban.evidence.core.keys import Algorithm, NoteKey, Signer  # noqa: E402 - likewise
from tongban.evidence.core.note import Note, sign_note  # noqa: E402 - likewise
from tongban.evidence.core.proof import LogProof  # noqa: E402 - likewise
from tongban.evidence.core.tiles import edge_tiles, hash_reader  # noqa: E402 - likewise
from tongban.evidence.core.tree import inclusion_proof, leaf_hash, verify_inclusion  # noqa: E402 - likewise
from tongban.evidence.sealing.growth import Growth  # noqa: E402 - likewise
from tongban.evidence.tilefiles import TileFiles  # noqa: E402 - likewise
from tongban.kernel.suites import suite  # noqa: E402 - likewise

STEP = 20_000
_KEY = bytes(range(32))


def leaf(index: int) -> bytes:
    """Return an entry: 33 bytes, others for each index."""
    return b"\x01" + sha256(index.to_bytes(8, "big")).digest()


def grow(folder: Path, wanted: int) -> None:
    """Grow the log and print megabytes of memory after each tenth."""
    files, size_file = TileFiles(folder), folder / "size"
    size = int(size_file.read_text()) if size_file.exists() else 0
    growth, memory = Growth.read(size, files), []
    while size < wanted:
        growth, written = growth.grow([leaf(index) for index in range(size, size + STEP)])
        files.write(written)
        for tile, _ in written:
            if tile.is_full:
                files.drop_partials(tile)
        size += STEP
        size_file.write_text(str(size))
        if size % (wanted // 10) < STEP:
            memory.append(_rss_mb())
            print(f"  {size:,} entries, {memory[-1]:.0f} MB", file=sys.stderr, flush=True)
    print(json.dumps({"memory": memory}))


def prove(folder: Path, count: int) -> None:
    """Make proofs of entries drawn at random, each read from the files anew; print ms."""
    size = int((folder / "size").read_text())
    files = TileFiles(folder)
    note = _note(size, Growth.read(size, files).frontier.root)
    root = Checkpoint.parse(note.text).root
    drawn, samples = random.Random(20261126), []  # noqa: S311 - the same draw each time
    for _ in range(count):
        index = drawn.randrange(size)
        began = time.perf_counter()
        hashes = tuple(inclusion_proof(index, size, hash_reader(size, files.read)))
        text = LogProof(index, hashes, note).data
        samples.append((time.perf_counter() - began) * 1000)
        verify_inclusion(leaf_hash(leaf(index)), index, size, hashes, root)
        assert LogProof.parse(text).index == index
    print(json.dumps({"size": size, "edge": len(edge_tiles(size)), "ms": samples}))


def _note(size: int, root: bytes) -> Note:
    signer = signer_of("bench/log/2026", _KEY, Algorithm.ED25519)
    return sign_note(Checkpoint(signer.key.name, size, root).text, [signer])


def signer_of(name: str, private: bytes, algorithm: Algorithm) -> Signer:
    """Return a signer of that name by an Ed25519 key."""
    intl = suite("intl-1")
    key = NoteKey(name, algorithm, intl.public(private))
    return Signer(key, lambda message: intl.sign(private, message))


def _rss_mb() -> float:
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


if __name__ == "__main__":
    {"grow": grow, "prove": prove}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
