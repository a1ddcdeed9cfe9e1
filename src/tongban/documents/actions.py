"""Taking a file in, discarding it, clearing what no row names any more."""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from django.conf import settings
from django.db import transaction

from tongban.documents import rules, store
from tongban.documents.errors import DocumentNotFound, TooLarge
from tongban.documents.models import Document
from tongban.documents.queries import FILE, NAME, TABLE, DocumentView, Portable, view_of
from tongban.kernel import clock
from tongban.kernel.ids import new_id
from tongban.vault import api as vault
from tongban.vault.errors import Tampered
from tongban.work import api as work

MIB = 1024 * 1024
ORPHAN_AGE = timedelta(days=1)
"""How long a file may stand without a row: longer than any transaction that takes one."""

_DOCUMENTS = work.Write(Document)
SALT_BYTES = 32
_SWEPT_AT_ONCE = 500


class _Intake:
    """Counts, checks and digests a stream while it passes through."""

    def __init__(self, *, name: str, limit_bytes: int, salt: bytes | None = None) -> None:
        self.size = 0
        self.media_type = ""
        self.salt = salt or secrets.token_bytes(SALT_BYTES)
        self._digest = vault.digest_writer()
        self._commitment = hashlib.sha256(self.salt)
        self._name = name
        self._limit_bytes = limit_bytes

    @property
    def digest(self) -> bytes:
        return self._digest.digest()

    @property
    def commitment(self) -> bytes:
        return self._commitment.digest()

    def checked(self, stream: rules.Readable | Iterable[bytes]) -> Iterator[bytes]:
        scan = None
        for block in rules.blocks_of(stream):
            self.size += len(block)
            if self.size > self._limit_bytes:
                raise TooLarge(limit=self._limit_bytes // MIB)
            if not self.media_type:
                self.media_type = rules.media_type_of(head=block, name=self._name)
                scan = rules.ActiveContentScan() if self.media_type == rules.PDF else None
            if scan is not None:
                scan.feed(block)
            self._digest.update(block)
            self._commitment.update(block)
            yield block


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that is checked, sealed and on disk, without a row yet; swept if it never gets one."""

    row: Document
    key: vault.DataKey


def stage(
    *,
    place_id: str,
    owner: tuple[str, str],
    key: vault.DataKey,
    key_person: str,
    key_case: str | None,
    stream: rules.Readable | Iterable[bytes],
    filename: str,
    limit_bytes: int = 20 * MIB,
    as_elsewhere: Portable | None = None,
) -> Staged:
    """Check a file while reading it, encrypt it and make it durable; ``keep`` writes its row.

    ``owner`` is (kind, id) of the thing it belongs to; ``key`` the data key of ``key_person``
    (and ``key_case``) at ``place_id``. The bytes are kept exactly as they came. Raises TooLarge,
    Empty, UnsupportedType, Disguised, BadName or ActiveContent, and then nothing is kept. No
    statement: do it before taking a lock.

    ``as_elsewhere``: what another node says of its document; id and salt stay what they were, so
    that the commitment does. Tampered if the bytes belie it.
    """
    document_id = new_id(settings.NODE) if as_elsewhere is None else as_elsewhere.id
    stored_name = store.new_name()
    name = rules.clean_name(filename)
    salt = None if as_elsewhere is None else as_elsewhere.salt
    intake = _Intake(name=name, limit_bytes=limit_bytes, salt=salt)
    sealed = vault.seal_stream(
        key=key, table=TABLE, row=document_id, column=FILE, clear=intake.checked(stream)
    )
    store.write(stored_name, sealed)
    if as_elsewhere is not None and intake.commitment != as_elsewhere.commitment:
        store.remove(stored_name)
        raise Tampered
    row = Document(
        id=document_id,
        place_id=place_id,
        owner_kind=owner[0],
        owner_id=owner[1],
        key_person=key_person,
        key_case=key_case or "",
        name=vault.seal_text(key=key, table=TABLE, row=document_id, column=NAME, clear=name),
        media_type=intake.media_type,
        size=intake.size,
        digest=intake.digest,
        salt=intake.salt,
        commitment=intake.commitment,
        stored_name=stored_name,
        created_at=clock.now(),
    )
    return Staged(row, key)


def keep(staged: Staged) -> DocumentView:
    """Write the row of a staged file. One insert, in the caller's transaction if there is one.

    If that is rolled back, the file stays until the next sweep.
    """
    try:
        _DOCUMENTS.insert(staged.row)
    except BaseException:
        store.remove(staged.row.stored_name)
        raise
    return view_of(staged.row, staged.key)


def take(
    *,
    place_id: str,
    owner: tuple[str, str],
    key: vault.DataKey,
    key_person: str,
    key_case: str | None,
    stream: rules.Readable | Iterable[bytes],
    filename: str,
    limit_bytes: int = 20 * MIB,
) -> DocumentView:
    """Stage a file and keep it at once: where no lock is held meanwhile. Errors as in ``stage``."""
    return keep(
        stage(
            place_id=place_id,
            owner=owner,
            key=key,
            key_person=key_person,
            key_case=key_case,
            stream=stream,
            filename=filename,
            limit_bytes=limit_bytes,
        )
    )


def discard(*, document_id: str) -> None:
    """Remove the bytes for good; the row stays, with the digest that evidence refers to.

    The file goes after the commit (or, after a crash in between, with the next sweep). Discarding
    twice is harmless; DocumentNotFound for an unknown id.
    """
    with transaction.atomic():
        row = Document.objects.select_for_update().filter(id=document_id).first()
        if row is None:
            raise DocumentNotFound
        Document.objects.filter(id=document_id).update(state=rules.State.DISCARDED)
        transaction.on_commit(lambda: store.remove(row.stored_name))


def sweep_orphans() -> int:
    """Remove files a day old or more that no kept document names; return how many.

    They come from transactions rolled back after the file was written, and from crashes. After
    the main database was restored from a backup, files taken since have no rows either: copy
    ``HOME/files`` before the worker starts if they may be needed.
    """
    removed = 0
    old = store.written_before(clock.now() - ORPHAN_AGE)
    while names := list(islice(old, _SWEPT_AT_ONCE)):
        kept = set(
            Document.objects.filter(stored_name__in=names, state=rules.State.KEPT).values_list(
                "stored_name", flat=True
            )
        )
        for name in names:
            if name not in kept:
                store.remove(name)
                removed += 1
    return removed
