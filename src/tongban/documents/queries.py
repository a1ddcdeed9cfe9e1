"""Reading documents: one statement each. Whoever calls has decided that the reader may."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from tongban.documents import store
from tongban.documents.errors import DocumentNotFound, FileMissing
from tongban.documents.models import Document
from tongban.documents.rules import State
from tongban.vault import api as vault
from tongban.vault.errors import Tampered
from tongban.work import api as work

TABLE = "documents_document"
NAME = "name"
FILE = "file"

_OF_OWNER = work.Read(
    Document,
    2,
    lambda kind, owner_id: Document.objects.filter(
        owner_kind=kind, owner_id=owner_id, state=State.KEPT
    ).order_by("id"),
)

_KEPT = work.Read(
    Document,
    1,
    lambda document_id: Document.objects.filter(id=document_id, state=State.KEPT),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentView:
    """What is known of a document. ``size`` in bytes; ``digest_hex`` keyed, 64 hex digits."""

    id: str
    owner: tuple[str, str]
    name: str = field(repr=False)
    media_type: str
    size: int
    digest_hex: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Portable:
    """What another node must know of a document to keep the same one.

    ``salt`` and ``commitment`` are those of the evidence; ``sha256`` is of the clear bytes, for
    their way there alone.
    """

    id: str
    name: str = field(repr=False)
    media_type: str
    size: int
    salt: bytes = field(repr=False)
    commitment: bytes
    sha256: bytes = field(repr=False)


def view_of(row: Document, key: vault.DataKey) -> DocumentView:
    """Turn a row into a view, opening its name."""
    name = vault.unseal_text(key=key, table=TABLE, row=row.id, column=NAME, sealed=bytes(row.name))
    return DocumentView(
        id=row.id,
        owner=(row.owner_kind, row.owner_id),
        name=name,
        media_type=row.media_type,
        size=row.size,
        digest_hex=bytes(row.digest).hex(),
        created_at=row.created_at,
    )


def view(*, document_id: str, key: vault.DataKey) -> DocumentView:
    """Return one document; DocumentNotFound if there is none or its bytes were discarded."""
    return view_of(_kept(document_id), key)


def of_owner(*, owner: tuple[str, str], key: vault.DataKey) -> list[DocumentView]:
    """Return an owner's kept documents in the order taken in, all under one ``key``."""
    return [view_of(row, key) for row in _OF_OWNER.instances(*owner)]


def owner_of(*, document_id: str) -> tuple[str, str]:
    """Return (kind, id) of what a kept document belongs to, to decide about rights first."""
    row = _kept(document_id)
    return row.owner_kind, row.owner_id


def read(*, document_id: str, key: vault.DataKey) -> Iterator[bytes]:
    """Return the bytes in chunks of 64 KiB.

    The first chunk is opened before this returns, so that DocumentNotFound, FileMissing and a
    wrong key (Tampered) are raised here. A later chunk that was changed, moved or cut raises
    Tampered when its turn comes: whoever sends the chunks on must then break off the transfer.
    """
    row = _kept(document_id)
    chunks = _chunks(row, key)
    return _joined(next(chunks), chunks)


def portable(*, document_id: str, key: vault.DataKey) -> Portable:
    """Return what another node must know of a document; reads it all. Errors as ``read``."""
    row, digest = _kept(document_id), hashlib.sha256()
    for chunk in _chunks(row, key):
        digest.update(chunk)
    shown = view_of(row, key)
    return Portable(
        id=row.id,
        name=shown.name,
        media_type=row.media_type,
        size=row.size,
        salt=bytes(row.salt),
        commitment=bytes(row.commitment),
        sha256=digest.digest(),
    )


def _joined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _chunks(row: Document, key: vault.DataKey) -> Iterator[bytes]:
    try:
        file = store.open_file(row.stored_name)
    except FileNotFoundError:
        raise FileMissing from None
    size = 0
    with file:
        for chunk in vault.unseal_stream(
            key=key, table=TABLE, row=row.id, column=FILE, sealed=file
        ):
            size += len(chunk)
            yield chunk
    if size != row.size:
        raise Tampered


def digests(*, document_ids: Iterable[str]) -> list[dict[str, str]]:
    """Return ``{"id", "digest"}`` of each document in the order asked, for an evidence entry.

    The digest is the salted commitment, never one that the file alone gives away.

    Discarded documents too: their digest stays. DocumentNotFound if one is unknown. One statement;
    none for no ids.
    """
    wanted = list(document_ids)
    if not wanted:
        return []
    found = dict(Document.objects.filter(id__in=wanted).values_list("id", "commitment"))
    if not found.keys() >= set(wanted):
        raise DocumentNotFound
    return [{"id": one, "digest": bytes(found[one]).hex()} for one in wanted]


def _kept(document_id: str) -> Document:
    row = _KEPT.instance(document_id)
    if row is None:
        raise DocumentNotFound
    return row
