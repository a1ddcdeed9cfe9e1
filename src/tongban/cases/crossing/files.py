"""Files of a case on their way to the other node, with the salts that their evidence needs."""

from collections.abc import Collection, Iterator
from typing import Any

from django.db import IntegrityError

from tongban.cases.crossing.packing import Json
from tongban.cases.errors import CaseNotFound
from tongban.cases.models import Case, CasePaper
from tongban.documents import api as documents
from tongban.federation import api as federation
from tongban.federation.errors import DataUnfit
from tongban.kernel import clock
from tongban.kernel.wire import columns, moment, optional_moment
from tongban.vault import api as vault
from tongban.work import api as work

_OF_CASE = work.Read(
    CasePaper, 1, lambda case_id: CasePaper.objects.filter(case_id=case_id).order_by("id")
)
_CASE = work.Read(Case, 1, lambda case_id: Case.objects.filter(pk=case_id))
_PAPERS = work.Write(CasePaper)


def packed(
    case: Case, key: vault.DataKey, *, there: Collection[str] = ()
) -> tuple[list[Json], list[federation.FileRef]]:
    """Return each file of a case, taken off or not, and those to be fetched: not yet ``there``."""
    told, to_fetch = [], []
    for row in _OF_CASE.instances(case.id):
        data = columns(row, ("id", "material_key", "added_at", "removed_at", "document_id"))
        if row.id not in there:
            found = documents.portable(document_id=row.document_id, key=key)
            data |= {
                "name": found.name,
                "salt": found.salt.hex(),
                "commitment": found.commitment.hex(),
            }
            ref = federation.FileRef(
                id=found.id, size=found.size, media_type=found.media_type, digest=found.sha256.hex()
            )
            to_fetch.append(ref)
        told.append(data)
    return told, to_fetch


def put(case: Case, told: list[Json], message: federation.Message, key: vault.DataKey) -> None:
    """Keep the files that came with a message, and take off what was taken off there.

    DataUnfit unless each is told once, and is the case's or new and came along.
    """
    came = {one.id: one for one in message.files}
    known = {row.id: row for row in _OF_CASE.instances(case.id)}
    if len({one["document_id"] for one in told}) < len(told):
        raise DataUnfit
    try:
        for data in told:
            _put(case, data, known.get(data["id"]), came.get(data["document_id"]), key)
    except IntegrityError:  # another case's
        raise DataUnfit from None


def _put(
    case: Case,
    data: Json,
    here: CasePaper | None,
    came: federation.ReceivedFile | None,
    key: vault.DataKey,
) -> None:
    removed_at = optional_moment(data["removed_at"])
    if here is not None:
        if here.document_id != data["document_id"]:
            raise DataUnfit
        was = dict(vars(here))
        here.removed_at = removed_at
        _PAPERS.update(here, was)
        return
    if came is None or "name" not in data:
        raise DataUnfit
    _keep(case, data, came, key)
    row = CasePaper(
        id=data["id"],
        case_id=case.id,
        material_key=data["material_key"],
        document_id=data["document_id"],
        added_at=moment(data["added_at"]),
        removed_at=removed_at,
    )
    _PAPERS.insert(row)


def set_aside(case: Case, *, but: Collection[str]) -> None:
    """Take off what was added here for a correction that was handed in elsewhere."""
    here = CasePaper.objects.filter(case_id=case.id, removed_at=None).exclude(pk__in=but)
    here.update(removed_at=clock.now())


def _keep(
    case: Case, data: dict[str, Any], came: federation.ReceivedFile, key: vault.DataKey
) -> None:
    staged = documents.stage(
        place_id=case.place_id,
        owner=("case", case.id),
        key=key,
        key_person=case.applicant_id,
        key_case=case.id,
        stream=came.blocks(),
        filename=data["name"],
        as_elsewhere=documents.Portable(
            id=came.id,
            name=data["name"],
            media_type=came.media_type,
            size=came.size,
            salt=bytes.fromhex(data["salt"]),
            commitment=bytes.fromhex(data["commitment"]),
            sha256=bytes.fromhex(came.digest),
        ),
    )
    documents.keep(staged)


def open_file(document_id: str) -> Iterator[bytes]:
    """Return the clear blocks of a file that a message of a case named."""
    kind, case_id = documents.owner_of(document_id=document_id)
    case = _CASE.instance(case_id) if kind == "case" else None
    if case is None:
        raise CaseNotFound
    key = vault.key_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
    return documents.read(document_id=document_id, key=key)
