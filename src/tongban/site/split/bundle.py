"""The folder in which the leaving places travel: sealed rows and files, memos with the keys.

``manifest`` says, signed, what must arrive; ``keys`` are memos for the other node's eyes;
``rows/TABLE`` are sealed under a key of the bundle's own, ``files/`` stand as this node keeps them,
sealed under the persons' keys; ``answer`` is what the other node has signed once it has all.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from tongban.documents import api as documents
from tongban.federation import api as federation
from tongban.federation.errors import SplitUnfit
from tongban.site.split.plan import TABLES, Plan
from tongban.vault import api as vault
from tongban.work import api as work

Json = dict[str, Any]
_IN_A_MEMO = 4000
_GIVEN, _TAKEN = "split.given", "split.taken"


@dataclass(slots=True)
class Tally:
    """Rows of each table and their digests, whatever order they come in."""

    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TABLES, 0))
    digests: dict[str, list[bytes]] = field(default_factory=lambda: {one: [] for one in TABLES})

    def add(self, table: str, row: Json) -> None:
        """Count a row."""
        self.rows[table] += 1
        self.digests[table].append(work.rows.digest_of(row))

    def as_json(self) -> Json:
        """Return count and digest of each table; of the catalogue the count alone."""
        return {
            table: {"rows": count}
            | (
                {}
                if table == "editions"
                else {"digest": hashlib.sha256(b"".join(sorted(self.digests[table]))).hexdigest()}
            )
            for table, count in self.rows.items()
        }


def write(
    folder: Path,
    *,
    to: federation.Document,
    plan: Plan,
    rows: Iterable[tuple[str, Json]],
    more: Mapping[str, Any],
) -> str:
    """Write the bundle for a node anew; return its manifest."""
    for part in ("rows", "files"):
        (folder / part).mkdir(parents=True, exist_ok=True, mode=0o700)
    secret, tally = secrets.token_bytes(32), Tally()
    files = _write_tables(folder, secret, rows, tally)
    _seal(folder / "rows" / "plan", "plan", secret, iter([json.dumps(plan.as_json()).encode()]))
    memos = "".join(f"{federation.memos.sealed(one, to=to)}\n" for one in _memos(plan, secret))
    (folder / "keys").write_text(memos, encoding="ascii")
    said = {
        "kind": _GIVEN,
        "places": sorted(to.places),
        "tables": tally.as_json(),
        "keys": hashlib.sha256(memos.encode("ascii")).hexdigest(),
        "files": files,
        **more,
    }
    manifest = federation.memos.signed(said, to=to)
    (folder / "manifest").write_text(f"{manifest}\n", encoding="ascii")
    return manifest


def _write_tables(
    folder: Path, secret: bytes, rows: Iterable[tuple[str, Json]], tally: Tally
) -> int:
    """Write each table's rows, and the files of the documents; return how many files."""
    files = 0

    def lines(found: Iterable[tuple[str, Json]]) -> Iterator[bytes]:
        nonlocal files
        for table, row in found:
            tally.add(table, row)
            if table == "documents":
                files += documents.splitting.copy_out(row, folder / "files")
            yield json.dumps(row, ensure_ascii=False).encode() + b"\n"

    written = set()
    for table, found in groupby(rows, key=itemgetter(0)):
        _seal(folder / "rows" / table, table, secret, lines(found))
        written.add(table)
    for table in TABLES.keys() - written:
        _seal(folder / "rows" / table, table, secret, iter(()))
    return files


def _memos(plan: Plan, secret: bytes) -> Iterator[Json]:
    yield {
        "kind": _GIVEN,
        "rows": secret.hex(),
        "erased": list(vault.splitting.erased_of(plan.people.carried)),
    }
    keys = vault.splitting.secrets_of(plan.keys)
    while part := list(islice(keys, _IN_A_MEMO)):
        yield {"kind": _GIVEN, "keys": part}


def _key(secret: bytes) -> vault.DataKey:
    return vault.DataKey("split", secret)


def _seal(path: Path, table: str, secret: bytes, clear: Iterator[bytes]) -> None:
    with path.open("wb") as file:
        for block in vault.seal_stream(
            key=_key(secret), table="split", row=table, column="rows", clear=clear
        ):
            file.write(block)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What a folder holds for this node: who gave it, what must arrive, and the keys."""

    folder: Path
    manifest: str
    said: Json
    sender: federation.Document
    secret: bytes = field(repr=False)
    keys: tuple[Json, ...] = field(repr=False)
    erased: tuple[Json, ...]

    @property
    def digest(self) -> str:
        """Return what names this bundle in entries and answers."""
        return digest_of(self.manifest)

    def plan(self) -> Plan:
        """Return which cases are whose from now on."""
        return Plan.of_json(json.loads(b"".join(self._opened("plan"))))

    def rows(self, table: str) -> Iterator[Json]:
        """Yield the rows of a table; the vault's Tampered where they aren't those that left."""
        rest = b""
        for block in self._opened(table):
            *lines, rest = (rest + block).split(b"\n")
            yield from map(json.loads, lines)

    def _opened(self, table: str) -> Iterator[bytes]:
        with (self.folder / "rows" / table).open("rb") as sealed:
            yield from vault.unseal_stream(
                key=_key(self.secret), table="split", row=table, column="rows", sealed=sealed
            )


def read(folder: Path) -> Bundle:
    """Return the bundle of a folder; SplitUnfit, PeerUnknown, EnvelopeUnfit."""
    manifest = _text(folder / "manifest")
    said, sender = federation.memos.said(manifest)
    own = federation.own()
    if said.get("kind") != _GIVEN or own is None or sorted(own.places) != said["places"]:
        raise SplitUnfit(why="it is not for the places that this node states to host")
    memos = _text(folder / "keys")
    if hashlib.sha256(f"{memos}\n".encode("ascii")).hexdigest() != said["keys"]:
        raise SplitUnfit(why="its keys are not those that the manifest names")
    opened = [federation.memos.opened(line)[0] for line in memos.splitlines()]
    return Bundle(
        folder=folder,
        manifest=manifest,
        said=said,
        sender=sender,
        secret=bytes.fromhex(opened[0]["rows"]),
        keys=tuple(one for memo in opened[1:] for one in memo["keys"]),
        erased=tuple(opened[0]["erased"]),
    )


def answer_of(manifest: str, tables: Json, *, to: federation.Document) -> str:
    """Return what the node that has taken a bundle says of it."""
    said = {"kind": _TAKEN, "bundle": digest_of(manifest), "tables": tables}
    return federation.memos.signed(said, to=to)


def check_answer(folder: Path, manifest: str, *, by: str) -> Json:
    """Return what the other node has, as it has signed; SplitUnfit where that isn't all of it."""
    told, sender = federation.memos.said(_text(folder / "answer"))
    given = federation.memos.own_word(manifest)
    if (told.get("kind"), sender.node, told.get("bundle")) != (_TAKEN, by, digest_of(manifest)):
        raise SplitUnfit(why="the answer is not that node's, or to another bundle")
    if told["tables"] != given["tables"]:
        raise SplitUnfit(why="the other node says that it has not all of it: compare the two")
    tables: Json = told["tables"]
    return tables


def digest_of(manifest: str) -> str:
    """Return SHA-256 of a manifest, hexadecimal."""
    return hashlib.sha256(manifest.encode("ascii")).hexdigest()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise SplitUnfit(why=f"the folder has no {path.name}") from None
