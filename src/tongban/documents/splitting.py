"""Files that go to another node when an installation is split: as they stand, sealed.

The keyed digest alone is reckoned anew where they arrive: each node has an index key of its own.
"""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tongban.documents import store
from tongban.documents.errors import FileMissing
from tongban.documents.models import Document
from tongban.documents.queries import FILE, TABLE
from tongban.documents.rules import State
from tongban.vault import api as vault
from tongban.vault.errors import KeyDestroyed
from tongban.work import api as work

Json = dict[str, Any]
_OWN = ("digest",)


def packed(
    owners: Iterable[tuple[str, str]], *, besides: Iterable[str] = ()
) -> Iterator[tuple[str, Json]]:
    """Yield (table, row) of the documents of these owners, and of those named ``besides``."""
    seen = set()
    by_kind: dict[str, list[str]] = {}
    for kind, owner_id in owners:
        by_kind.setdefault(kind, []).append(owner_id)
    for kind, ids in sorted(by_kind.items()):
        for part in work.rows.parts_of(ids):
            rows = Document.objects.filter(owner_kind=kind, owner_id__in=part).order_by("id")
            for row in work.rows.packed(rows, without=_OWN):
                seen.add(row["id"])
                yield "documents", row
    for part in work.rows.parts_of(set(besides) - seen):
        for row in work.rows.packed(Document.objects.filter(pk__in=part), without=_OWN):
            yield "documents", row


def copy_out(row: Json, folder: Path) -> bool:
    """Copy the file of a document into a folder; tell whether there was one to copy."""
    if row["state"] != State.KEPT:
        return False
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copyfile(store.path_of(row["stored_name"]), folder / row["stored_name"])
    return True


def take_in(row: Json, folder: Path) -> None:
    """Keep the file of a document, durable; a second time is harmless. FileMissing."""
    if row["state"] != State.KEPT:
        return
    store.remove(row["stored_name"])
    try:
        file = (folder / row["stored_name"]).open("rb")
    except FileNotFoundError:
        raise FileMissing from None
    with file:
        store.write(row["stored_name"], iter(lambda: file.read(vault.CHUNK), b""))


def put(table: str, rows: Iterable[Json]) -> int:
    """Insert rows that ``packed`` told; their files and keys are here already.

    The vault's Tampered where a file isn't the one that its row was written for.
    """
    del table
    return work.rows.put(Document, rows, own=_digest)


def _digest(row: Json) -> Json:
    """Read the whole file by its key: what arrived broken is found here."""
    writer = vault.digest_writer()
    try:
        key = vault.key_of(
            place_id=row["place_id"], person_id=row["key_person"], case_id=row["key_case"] or None
        )
    except KeyDestroyed:  # of one who was erased: nobody reads it any more
        return {"digest": writer.digest()}
    if row["state"] == State.KEPT:
        with store.open_file(row["stored_name"]) as sealed:
            for block in vault.unseal_stream(
                key=key, table=TABLE, row=row["id"], column=FILE, sealed=sealed
            ):
                writer.update(block)
    return {"digest": writer.digest()}


def remove(stored_names: Iterable[str]) -> None:
    """Remove rows and files of documents that have gone, the files after the rows' commit."""
    for part in work.rows.parts_of(stored_names):
        Document.objects.filter(stored_name__in=part).delete()


def remove_files(stored_names: Iterable[str]) -> None:
    """Remove the files of rows that are removed; a second time is harmless."""
    for name in stored_names:
        store.remove(name)


def whole() -> dict[str, int]:
    """Return how many rows there are, by table."""
    return {"documents": Document.objects.count()}
