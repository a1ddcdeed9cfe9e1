"""Files of a case: handed in with a draft or a correction, shown to who may see the case."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from django.conf import settings
from django.db import transaction

from tongban.cases import access
from tongban.cases.actions.frame import Step, locked
from tongban.cases.errors import CaseNotFound, NotNow, NotYours, PaperUnknown, TooManyFiles
from tongban.cases.models import Case, CaseEvent, CasePaper
from tongban.cases.transitions import TABLE, Side, State, Verb
from tongban.documents import api as documents
from tongban.kernel import clock
from tongban.kernel.acting import Acting
from tongban.kernel.errors import mark
from tongban.kernel.ids import new_id
from tongban.matters import api as matters
from tongban.vault import api as vault
from tongban.work import api as work

MOST_FILES = 10
"""Files of one material."""

_IN_FORCE = work.Read(
    CasePaper,
    1,
    lambda case_id: (
        CasePaper.objects.filter(case_id=case_id, removed_at=None)
        .order_by("id")
        .values_list("material_key", "document_id", "document__commitment")
    ),
)

_OPEN_TO_PAPERS = {
    State.DRAFT: {Side.APPLICANT: Verb.DRAFT, Side.WINDOW: Verb.DRAFT},
    State.CORRECTING: {Side.APPLICANT: Verb.CORRECT, Side.WINDOW: Verb.CORRECT},
}
"""While it is in these states, who may change a case's papers: by the right to which verb."""


def attach(
    *,
    acting: Acting,
    case_id: str,
    material_key: str,
    stream: BinaryIO | Iterable[bytes],
    filename: str,
) -> str:
    """Take one file for a material; return the paper's id.

    The bytes are checked, encrypted and on disk before the case is locked; a file whose row never
    came is swept by documents. Errors: those of documents.take, PaperUnknown,
    TooManyFiles, NotYours, CaseNotFound.
    """
    case = _read(case_id)
    _check_room(access.viewer(acting), case, material_key)
    staged = documents.stage(
        place_id=case.place_id,
        owner=("case", case.id),
        key=vault.key_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id),
        key_person=case.applicant_id,
        key_case=case.id,
        stream=stream,
        filename=filename,
    )
    with transaction.atomic():
        case = locked(case_id)
        _check_room(access.viewer(acting), case, material_key)
        document = documents.keep(staged)
        paper = CasePaper.objects.create(
            id=new_id(settings.NODE),
            case_id=case.id,
            material_key=material_key,
            document_id=document.id,
            added_at=clock.now(),
        )
        return paper.id


def remove_paper(*, acting: Acting, case_id: str, paper_id: str) -> None:
    """Take a file off a draft or a correction; its bytes stay as long as the case does."""
    with transaction.atomic():
        case = locked(case_id)
        _check_right(access.viewer(acting), case, None)
        changed = CasePaper.objects.filter(pk=paper_id, case_id=case_id, removed_at=None).update(
            removed_at=clock.now()
        )
        if not changed:
            raise PaperUnknown


def open_paper(*, acting: Acting, case_id: str, paper_id: str) -> tuple[str, Iterator[bytes]]:
    """Return media type and decrypted bytes of a file, and record the look.

    CaseNotFound; PaperUnknown, for the agency also of a file that was never handed in.
    """
    case = _read(case_id)
    side = access.side_of(access.viewer(acting), case)
    paper = CasePaper.objects.filter(pk=paper_id, case_id=case_id).first()
    if paper is None or (side is Side.AGENCY and not _handed_in(paper)):
        raise PaperUnknown
    access.note_look(acting, case, ("papers",), mark("查看申请材料"))
    key = vault.key_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
    shown = documents.view(document_id=paper.document_id, key=key)
    return shown.media_type, documents.read(document_id=paper.document_id, key=key)


def papers_by_material(step: Step) -> dict[str, list[str]]:
    """Return the document ids in force by material, and note their digests (1 statement)."""
    rows = _IN_FORCE.rows(step.case.id)
    step.documents = [
        {"id": document_id, "digest": bytes(digest).hex()} for _, document_id, digest in rows
    ]
    by_material: dict[str, list[str]] = {}
    for material_key, document_id, _ in rows:
        by_material.setdefault(material_key, []).append(document_id)
    return by_material


def _handed_in(paper: CasePaper) -> bool:
    events = CaseEvent.objects.filter(case_id=paper.case_id).values_list("documents", flat=True)
    return any(one["id"] == paper.document_id for documents in events for one in documents)


def _read(case_id: str) -> Case:
    case = Case.objects.filter(pk=case_id).first()
    if case is None:
        raise CaseNotFound
    return case


def _check_room(who: access.Viewer, case: Case, material_key: str) -> None:
    """Check the right to add a file, and that the material has room for one more."""
    _check_right(who, case, material_key)
    there = CasePaper.objects.filter(
        case_id=case.id, material_key=material_key, removed_at=None
    ).count()
    if there >= MOST_FILES:
        raise TooManyFiles(most=MOST_FILES)


def _check_right(who: access.Viewer, case: Case, material_key: str | None) -> None:
    side = access.side_of(who, case)
    verbs = _OPEN_TO_PAPERS.get(State(case.state))
    if verbs is None:
        raise NotNow(verb=Verb.CORRECT.value, state=case.state)
    if side not in verbs or not access.may(who, side, TABLE[verbs[side]]):
        raise NotYours
    keys = {material.key for material in matters.edition(case.edition_id).materials}
    if material_key is not None and material_key not in keys:
        raise PaperUnknown
