"""A receipt as its format says, read without our readers, and given to a verifier by others."""

import base64
import hashlib
import io
import zipfile
from dataclasses import dataclass
from typing import Self

import metamorphic_log


@dataclass(frozen=True)
class Entry:
    """An entry of a receipt as lines: what a foreign tool is given."""

    note: str
    index: int
    hashes: list[bytes]
    leaf_hash: bytes
    log_vkey: str
    witness_vkeys: list[str]

    @classmethod
    def first(cls, data: bytes) -> Self:
        """Return the first entry of a receipt."""
        return cls.all(data)[0]

    @classmethod
    def all(cls, data: bytes) -> list[Self]:
        """Return each entry of a receipt of one log."""
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        words = [line.split() for line in files["policy"].decode().splitlines()]
        log_vkey = next(line[1] for line in words if line[0] == "log")
        witness_vkeys = [line[2] for line in words if line[0] == "witness"]
        entries = []
        for name in sorted(files):
            if not name.endswith(".leaf"):
                continue
            head, _, note = files[name.replace(".leaf", ".proof")].decode().partition("\n\n")
            _, index, *hashes = head.split("\n")
            entry = cls(
                note=note,
                index=int(index.removeprefix("index ")),
                hashes=list(map(base64.b64decode, hashes)),
                leaf_hash=hashlib.sha256(b"\0" + files[name]).digest(),
                log_vkey=log_vkey,
                witness_vkeys=witness_vkeys,
            )
            entries.append(entry)
        return entries


def is_accepted(entry: Entry) -> bool:
    """Ask metamorphic-log whether the note is the log's and the entry in it."""
    try:
        metamorphic_log.checkpoint_verify_inclusion(
            entry.note, [entry.log_vkey], entry.index, entry.leaf_hash, entry.hashes
        )
    except metamorphic_log.VerifyError:
        return False
    return True
