"""Entries are recorded in the transaction of the change they are about."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from tongban.evidence import rules
from tongban.evidence.kinds import KINDS
from tongban.evidence.models import SEALED_COLUMN, SEALED_TABLE, PendingEntry
from tongban.kernel import clock, ids
from tongban.kernel.acting import Acting
from tongban.vault import api as vault
from tongban.work import api as work

_OF_NOBODY = "evidence"
"""Purpose of the node's key that seals what concerns no person."""

_INSERT = """
INSERT INTO evidence_pendingentry
    (entry_id, place_id, kind, at, leaf, key_id, body, subject_kind, subject_id, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class Disclosures:
    """The personal fields of one entry to come, each disclosed apart under its own salt."""

    texts: tuple[str, ...]


def disclose(personal: Mapping[str, Any]) -> Disclosures:
    """Make the disclosures of an entry's personal fields, for one entry only. No statement.

    Larger fields take a while, so a verb makes them before the lock on which others wait.
    """
    return Disclosures(tuple(rules.disclosure_of(name, value) for name, value in personal.items()))


def record(
    *,
    kind: str,
    at: datetime,
    place_id: str,
    acting: Acting,
    subject: tuple[str, str],
    key: vault.DataKey | None,
    facts: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | Disclosures | None = None,
    documents: Sequence[Mapping[str, str]] = (),
    refs: Sequence[str] = (),
) -> str:
    """Write an entry in the caller's transaction and return its id. One statement.

    ``subject`` is what it is about, ``("case", id)``; ``facts`` JSON without personal data;
    ``personal`` the personal fields, or what ``disclose`` made of them; ``documents``
    ``{"id", "digest"}`` each, the digest as hexadecimal text; ``refs`` ids of earlier entries;
    ``key`` seals it all: the key of the person, or of the person in the case; None where it
    concerns no person: then the node's own.

    ValueError for an unknown kind, a body over 64 KiB or personal fields without a person's key;
    TypeError for what isn't JSON (floats too), RuntimeError outside a transaction.
    """
    disclosed = personal if isinstance(personal, Disclosures) else disclose(personal or {})
    if key is None and disclosed.texts:
        message = "personal fields are sealed with a person's key, never with the node's"
        raise ValueError(message)
    if not connections[DEFAULT_DB_ALIAS].in_atomic_block:
        message = "an entry is recorded in the transaction of its change"
        raise RuntimeError(message)
    cells = _cells(
        rules.Facts(
            id=ids.new_id(settings.NODE),
            node=settings.NODE,
            kind=kind,
            at=at,
            place_id=place_id,
            acting=acting.as_json(),
            subject=subject,
            facts=facts or {},
            documents=documents,
            refs=refs,
        ),
        disclosed,
        vault.node_key(_OF_NOBODY) if key is None else key,
    )
    for moment in ("at", "created_at"):
        cells[moment] = work.cell_of(cells[moment])
    work.change(_INSERT, list(cells.values()))
    return str(cells["entry_id"])


def prepare(facts: rules.Facts, disclosed: Disclosures, key: vault.DataKey) -> PendingEntry:
    """Make an entry's row, not saved: body, leaf and seal."""
    return PendingEntry(**_cells(facts, disclosed, key))


def _cells(facts: rules.Facts, disclosed: Disclosures, key: vault.DataKey) -> dict[str, Any]:
    """Return the columns of an entry's row, in the order of ``_INSERT``."""
    if facts.kind not in KINDS:
        message = f"no such kind of entry: {facts.kind!r}"
        raise ValueError(message)
    body = rules.body_of(facts, disclosed.texts)
    salt = secrets.token_bytes(rules.SALT_LENGTH)
    opening = rules.Opening(salt=salt, body=body, disclosures=disclosed.texts)
    sealed = vault.seal(
        key=key, table=SEALED_TABLE, row=facts.id, column=SEALED_COLUMN, clear=rules.pack(opening)
    )
    return {
        "entry_id": facts.id,
        "place_id": facts.place_id,
        "kind": facts.kind,
        "at": facts.at,
        "leaf": rules.leaf_of(salt, body),
        "key_id": key.id,
        "body": sealed,
        "subject_kind": facts.subject[0],
        "subject_id": facts.subject[1],
        "created_at": clock.now(),
    }
