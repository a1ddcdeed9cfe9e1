"""The worker moves looks from the spool into the tables, each with its entry."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import structlog
from django.conf import settings
from django.db import transaction

from tongban.evidence.actions.entries import Disclosures, prepare
from tongban.evidence.actions.looks import spool_folder, unseal_look
from tongban.evidence.kinds import LOOK
from tongban.evidence.models import Look, PendingEntry, SpoolMark
from tongban.evidence.rules import Facts
from tongban.evidence.spool import DAMAGED, End, is_abandoned, read_records, segments
from tongban.vault import api as vault
from tongban.vault.errors import Tampered

_BATCH = 200
_TRIES = 5
_log = structlog.get_logger("tongban.evidence")


def drain_looks(*, limit: int = 5_000) -> int:
    """Move what stands in the spool into the tables; return how many looks are new there.

    Takes the segments of living processes as far as they are written, and those of dead ones to
    their end; removes these when the outermost transaction has committed. Each look and its
    entry come exactly once, however often a drain is killed or two run at once. A segment with
    damaged bytes is kept as ``*.damaged`` after its good records were taken, for an operator to
    look into. Stops after the segment or batch in which ``limit`` is reached.

    An error in one segment doesn't stop the others; it is raised if nothing else was moved.
    """
    drained = 0
    failure: Exception | None = None
    for path in segments(spool_folder()):
        try:
            with path.open("rb") as file, transaction.atomic():
                drained += _drain(path, file, limit - drained)
        except FileNotFoundError:
            continue  # another drain has finished it
        except Exception as error:  # noqa: BLE001 - the other segments go on; raised below
            _log.error("spool_segment_failed", segment=path.stem, error=type(error).__name__)
            failure = failure or error
        if drained >= limit:
            break
    if failure is not None and drained == 0:
        raise failure
    return drained


def _drain(path: Path, file: BinaryIO, limit: int) -> int:
    segment = path.stem
    abandoned = is_abandoned(file)  # asked first: what is read after a True is all there is
    drained, end, moved = 0, End.CLEAN, _has_more(segment, path, abandoned=abandoned)
    while moved:
        moved, added, end = _drain_batch(segment, file)
        drained += added
        if drained >= limit:
            return drained
    if abandoned:
        SpoolMark.objects.filter(segment=segment).delete()
        # A crash before this leaves the file to the next drain, which knows its looks already.
        transaction.on_commit(lambda: _remove(path, end))
    return drained


def _has_more(segment: str, path: Path, *, abandoned: bool) -> bool:
    """Spare a living, quiet process's segment the write transaction."""
    if abandoned:
        return True
    mark = SpoolMark.objects.filter(segment=segment).first()
    return path.stat().st_size > (mark.offset if mark else 0)


def _drain_batch(segment: str, file: BinaryIO) -> tuple[bool, int, End]:
    """Move one batch; return whether the offset moved, how many are new, what follows."""
    with transaction.atomic():
        mark = _locked_mark(segment)
        read = read_records(file, offset=mark.offset, limit=_BATCH)
        looks, offset, end = [], mark.offset, read.end
        for sealed, after in read.records:
            try:
                looks.append(json.loads(unseal_look(segment, sealed)))
            except Tampered:
                end = End.DAMAGED
                break
            offset = after
        added = _insert(looks)
        moved = offset > mark.offset
        if moved:
            SpoolMark.objects.filter(segment=segment).update(offset=offset)
    return moved, added, end


def _locked_mark(segment: str) -> SpoolMark:
    """Return the segment's mark, made if need be: its row is the lock between two drains.

    A drain that has come to the end deletes the mark in the moment in which another asks for it;
    the next time there is none in the way.
    """
    for _ in range(_TRIES):
        SpoolMark.objects.bulk_create([SpoolMark(segment=segment)], ignore_conflicts=True)
        mark = SpoolMark.objects.select_for_update().filter(segment=segment).first()
        if mark is not None:
            return mark
    message = f"the mark of segment {segment} comes and goes"
    raise RuntimeError(message)


def _insert(looks: Sequence[Mapping[str, Any]]) -> int:
    known = set(
        Look.objects.filter(id__in=[look["id"] for look in looks]).values_list("id", flat=True)
    )
    new = {look["id"]: look for look in looks if look["id"] not in known}
    if not new:
        return 0
    keys = _keys_for(list(new.values()))
    rows = [Look(**{**look, "at": datetime.fromisoformat(look["at"])}) for look in new.values()]
    Look.objects.bulk_create(rows)
    PendingEntry.objects.bulk_create([_entry(row, keys[row.id]) for row in rows])
    return len(rows)


def _entry(row: Look, key: vault.DataKey) -> PendingEntry:
    subject = ("case", row.case_id) if row.case_id else ("person", row.person_id)
    facts = Facts(
        id=row.id,
        node=settings.NODE,
        kind=LOOK,
        at=row.at,
        place_id=row.place_id,
        acting=row.viewer,
        subject=subject,
        facts={"person_id": row.person_id, "fields": row.fields, "purpose": row.purpose},
        documents=(),
        refs=(),
    )
    return prepare(facts, Disclosures(()), key)


def _keys_for(looks: Sequence[Mapping[str, Any]]) -> dict[str, vault.DataKey]:
    """Find the key of each look by its id; none is ever made here.

    In a case the person's key of that case; for an agent, who has none there, and outside a case
    the person's own; the node's for one whose keys are destroyed.
    """
    cases: dict[tuple[str, str | None], list[Mapping[str, Any]]] = defaultdict(list)
    for look in looks:
        cases[look["place_id"], look["case_id"]].append(look)
    own = vault.keys_of(person_ids={look["person_id"] for look in looks})
    keys = {}
    for (place_id, case_id), there in cases.items():
        found = {}
        if case_id is not None:
            persons = {look["person_id"] for look in there}
            found = vault.keys_of(person_ids=persons, case_id=case_id, place_id=place_id)
        for look in there:
            person_id = look["person_id"]
            keys[look["id"]] = found.get(person_id) or own.get(person_id) or vault.node_key("looks")
    return keys


def _remove(path: Path, end: End) -> None:
    """Remove a segment whose records are all in the tables, or keep a damaged one aside."""
    if end is not End.DAMAGED:
        path.unlink(missing_ok=True)
    elif path.exists():
        path.rename(path.with_suffix(DAMAGED))
        _log.error("spool_segment_damaged", segment=path.stem)
