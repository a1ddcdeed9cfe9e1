"""A message is written in the transaction of what it tells about."""

import hashlib
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, transaction

from tongban.federation import known
from tongban.federation.envelope import sign
from tongban.federation.models import OutFile, OutMessage
from tongban.federation.rules import MOST_DATA, MOST_FILE, type_of
from tongban.federation.shapes import FILE_TABLE, MORE, REGISTRY, FileRef, file_key
from tongban.kernel import clock
from tongban.kernel.canonical import canonical_bytes
from tongban.kernel.ids import new_id
from tongban.kernel.wire import plain
from tongban.vault import api as vault
from tongban.work import api as work

TABLE, COLUMN = "federation_outmessage", "sealed"
_MESSAGES, _FILES = work.Write(OutMessage), work.Write(OutFile)
_LAST = work.Read(
    OutMessage,
    2,
    lambda to, lane: (
        OutMessage.objects.filter(to=to, lane=lane).order_by("-seq").values_list("seq")[:1]
    ),
)
_TRIES = 20
"""As many may write into one lane at once."""


def send(
    *,
    to: str,
    kind: str,
    lane: str,
    data: dict[str, Any],
    files: Sequence[FileRef] = (),
    version: int = 1,
    more: dict[str, Any] | None = None,
) -> str:
    """Queue a message to a trusted node in the caller's transaction; return its id.

    ``lane`` is what it is about (a case's id): messages of a lane are taken in order. ``data`` is
    JSON of at most 1 MiB; ``more`` is what a node of an earlier minor version may pass over.
    PeerUnknown; RuntimeError outside a transaction; ValueError where it is too large.
    """
    known.peer(to)
    if not connections[DEFAULT_DB_ALIAS].in_atomic_block:
        message = "a message is written in the transaction of what it tells about"
        raise RuntimeError(message)
    if len(canonical_bytes(data if more is None else [data, more])) > MOST_DATA:
        message = f"a message of the kind {kind} is larger than {MOST_DATA} bytes"
        raise ValueError(message)
    packed = [pack(ref) for ref in files]
    said: dict[str, Any] = {"body": data, "files": [told for told, _ in packed]}
    if more is not None:
        said[MORE] = more
    message_id = _write(to=to, kind=kind, version=version, lane=lane, said=said)
    _FILES.insert(*(OutFile(token_digest=digest, message_id=message_id) for _, digest in packed))
    return message_id


def _write(*, to: str, kind: str, version: int, lane: str, said: dict[str, Any]) -> str:
    """Write a message after the last of its lane.

    Whoever writes into the lane at once holds the same number: the later of the two waits for the
    other's end, and takes the next.
    """
    for _ in range(_TRIES):
        (last,) = _LAST.row(to, lane) or (0,)
        row = _row(to=to, kind=kind, version=version, lane=lane, seq=last + 1, said=said)
        try:
            with transaction.atomic():
                _MESSAGES.insert(row)
        except IntegrityError:
            continue
        return row.id
    message = f"no number was free in a lane to {to}"
    raise RuntimeError(message)


def _row(
    *, to: str, kind: str, version: int, lane: str, seq: int, said: dict[str, Any]
) -> OutMessage:
    now, message_id = clock.now(), new_id(settings.NODE)
    event = {
        "specversion": "1.0",
        "id": message_id,
        "source": settings.NODE,
        "type": type_of(kind, version),
        "time": plain(now),
        "subject": lane,
        "datacontenttype": "application/json",
        "recipient": to,
        "seq": seq,
        "data": said,
    }
    return OutMessage(**written(event, sign(event), kind=kind), created_at=now, next_at=now)


def written(event: Mapping[str, Any], signed: str, *, kind: str) -> dict[str, Any]:
    """Return the columns of a message of this node, as it was signed."""
    return {
        "id": event["id"],
        "to": event["recipient"],
        "lane": event["subject"],
        "seq": event["seq"],
        "kind": kind,
        "sealed": vault.seal_text(
            key=vault.node_key("federation"),
            table=TABLE,
            row=event["id"],
            column=COLUMN,
            clear=signed,
        ),
    }


def pack(ref: FileRef) -> tuple[dict[str, Any], str]:
    """Seal a file for its way; return what the message says of it, and the digest of its token."""
    token, secret = secrets.token_hex(32), secrets.token_bytes(32)
    digest = hashlib.sha256(token.encode()).hexdigest()
    if REGISTRY.open_file is None:
        message = "nobody has said where files come from"
        raise RuntimeError(message)
    path = outgoing(digest)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("wb") as file:
        for block in vault.seal_stream(
            key=file_key(ref.id, secret),
            table=FILE_TABLE,
            row=ref.id,
            column="file",
            clear=REGISTRY.open_file(ref.id),
        ):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        if file.tell() > MOST_FILE:
            message = f"a file of a message is larger than {MOST_FILE} bytes"
            raise ValueError(message)
    told = {
        "id": ref.id,
        "size": ref.size,
        "media_type": ref.media_type,
        "digest": ref.digest,
        "sealed_size": path.stat().st_size,
        "token": token,
        "key": secret.hex(),
    }
    return told, digest


def outgoing_folder() -> Path:
    """Return where files wait to be fetched."""
    return known.folder() / "outgoing"


def outgoing(digest: str) -> Path:
    """Return where a file waits."""
    return outgoing_folder() / digest


def drop_files(message_id: str) -> None:
    """Remove what was fetched, after the commit; the message was answered."""
    rows = OutFile.objects.filter(message_id=message_id)
    digests = list(rows.values_list("token_digest", flat=True))
    rows.delete()

    def remove() -> None:
        for digest in digests:
            outgoing(digest).unlink(missing_ok=True)

    transaction.on_commit(remove)


def unseal(row: OutMessage) -> str:
    """Return a message as this node signed it."""
    return vault.unseal_text(
        key=vault.node_key("federation"),
        table=TABLE,
        row=row.id,
        column=COLUMN,
        sealed=bytes(row.sealed),
    )
