"""One case's whole file on one page: form, papers, events, documents of record, custody.

Opening a file as anybody but the applicant is a look at personal data: it is spooled durably
before the page leaves, and the applicant sees it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tongban.cases import access
from tongban.cases.crossing import standing
from tongban.cases.crossing.standing import AbroadView
from tongban.cases.errors import CaseNotFound
from tongban.cases.models import (
    CASE_TABLE,
    EVENT_TABLE,
    RECORD_TABLE,
    Case,
    CaseEvent,
    CasePaper,
    DocumentOfRecord,
)
from tongban.cases.queries.head import case_of, draft_mark, verbs_now
from tongban.cases.queries.limits import limit_of, row_of
from tongban.cases.rules import Running, silent
from tongban.cases.transitions import Side, State, Verb
from tongban.delivery import api as delivery
from tongban.documents import api as documents
from tongban.identity import api as identity
from tongban.kernel.acting import Acting
from tongban.kernel.errors import mark
from tongban.kernel.workdays import Light
from tongban.matters import api as matters
from tongban.places import api as places
from tongban.vault import api as vault
from tongban.work import api as work

_EVENTS = work.Read(
    CaseEvent, 1, lambda case_id: CaseEvent.objects.filter(case_id=case_id).order_by("leg", "seq")
)
_PAPERS = work.Read(
    CasePaper, 1, lambda case_id: CasePaper.objects.filter(case_id=case_id).order_by("id")
)
_RECORDS = work.Read(
    DocumentOfRecord,
    1,
    lambda case_id: DocumentOfRecord.objects.filter(case_id=case_id).order_by("seq", "kind"),
)

_RECORDS_KINDS = work.Read(
    DocumentOfRecord,
    1,
    lambda case_id: (
        DocumentOfRecord.objects.filter(case_id=case_id).order_by("seq").values_list("id", "kind")
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """One event as a person reads it; ``personal`` holds notes, reasons and forms."""

    seq: int
    verb: Verb
    state: State
    at: datetime
    recorded_at: datetime
    acting: dict[str, Any]
    payload: dict[str, Any]
    personal: dict[str, Any]
    document_ids: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperView:
    """A file in force for a material."""

    id: str
    name: str
    media_type: str
    size: int
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialView:
    """A material with what has been handed in for it; ``came`` is "" while a draft."""

    material: matters.Material
    papers: tuple[PaperView, ...]
    came: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """A document of record; ``content`` as actions.records wrote it."""

    id: str
    case_id: str
    kind: str
    number: str
    made_on: date
    content: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """Everything about one case that its viewer may see.

    ``silent`` tells that the office let the law's five days pass: it counts as accepted already.
    Once the applicant is erased 清除, their card says so, and form, papers, records and the events'
    personal parts are empty.
    ``draft_mark`` is what ``submit`` wants of the draft that was seen, "" once it was handed in.
    """

    id: str
    number: str | None
    seq: int
    state: State
    mode: str
    edition: matters.EditionView
    place: places.PlaceView
    agency: places.AgencyView
    office: places.OfficeView | None
    applicant: identity.PersonCard
    agent: identity.PersonCard | None
    form: dict[str, Any]
    draft_mark: str
    materials: tuple[MaterialView, ...]
    events: tuple[EventView, ...]
    records: tuple[RecordView, ...]
    custody: tuple[delivery.ItemView, ...]
    wanted: tuple[dict[str, str], ...]
    limit: Running | None
    light: Light
    days_left: int | None
    papers_at: datetime | None
    answer_due_on: date | None
    silent: bool
    accepted_at: datetime | None
    accepted_by_silence: bool
    due_on: date | None
    statutory_due_on: date | None
    due_provisional: bool
    outcome: str
    licence_number: str
    side: Side
    verbs: frozenset[Verb]
    abroad: AbroadView | None

    @property
    def applicant_id(self) -> str:
        """The id of the person concerned."""
        return self.applicant.id

    @property
    def mandate_id(self) -> str | None:
        """The mandate with which an agent began the case."""
        found: str | None = self.events[0].acting["mandate_id"]
        return found


def case_file(*, acting: Acting, case_id: str, purpose: str) -> CaseFile:
    """Return the file of one case and record the look unless the applicant opens it.

    ``purpose`` is the task that needs it, as the applicant will read it. CaseNotFound if it is
    not there or not for these eyes; identity's mandate errors for an agent.
    """
    case = case_of(case_id)
    who = access.viewer(acting)
    side = access.side_of(who, case)
    access.note_look(acting, case, ("name", "number", "phone", "form", "papers"), purpose)
    applicant = identity.person_card(case.applicant_id)
    key = None if applicant.erased else _key_of(case)
    edition = matters.edition(case.edition_id)
    events, papers = _events(case, key), _PAPERS.instances(case.id)
    limit, light, days_left = limit_of(row_of(case), case.place_id, who.today)
    return CaseFile(
        id=case.id,
        number=case.number,
        seq=case.seq,
        state=State(case.state),
        mode=case.mode,
        edition=edition,
        place=places.place(case.place_id),
        agency=places.agency(case.agency_id),
        office=places.office(case.receiving_office_id) if case.receiving_office_id else None,
        applicant=applicant,
        agent=identity.person_card(case.agent_id) if case.agent_id else None,
        form=_form(case, events, key),
        draft_mark=_mark(case, papers),
        materials=_materials(case, side, edition, events, papers, key),
        events=events,
        records=_records(case, key),
        custody=tuple(delivery.items_of(("case", case.id))),
        wanted=_wanted(State(case.state), events),
        limit=limit,
        light=light,
        days_left=days_left,
        papers_at=case.papers_at,
        answer_due_on=case.answer_due_on,
        silent=silent(case.silence_on, who.today),
        accepted_at=case.accepted_at,
        accepted_by_silence=case.accepted_by_silence,
        due_on=case.due_on,
        statutory_due_on=case.statutory_due_on,
        due_provisional=case.due_provisional,
        outcome=case.outcome,
        licence_number=_licence_number(events),
        side=side,
        verbs=verbs_now(who, side, case),
        abroad=standing.view(case),
    )


def record(*, acting: Acting, record_id: str) -> RecordView:
    """Return one document of record to print, and record the look; CaseNotFound otherwise."""
    row = DocumentOfRecord.objects.select_related("case").filter(pk=record_id).first()
    if row is None:
        raise CaseNotFound
    case = row.case
    access.side_of(access.viewer(acting), case)
    access.note_look(acting, case, ("name", "record"), mark("查看文书"))
    return _record_view(row, _key_of(case))


def record_id(*, acting: Acting, case_id: str, kind: str) -> str | None:
    """Return the id of a case's last document of record of a kind, None if there is none.

    Nothing readable, so reading is no look. CaseNotFound if the case is not for these eyes.
    """
    case = case_of(case_id)
    access.side_of(access.viewer(acting), case)
    rows = _RECORDS_KINDS.rows(case.id)
    return next((str(one) for one, of_kind in reversed(rows) if of_kind == kind), None)


def _key_of(case: Case) -> vault.DataKey:
    return vault.key_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)


def _events(case: Case, key: vault.DataKey | None) -> tuple[EventView, ...]:
    return tuple(
        EventView(
            seq=event.seq,
            verb=Verb(event.verb),
            state=State(event.state),
            at=event.at,
            recorded_at=event.recorded_at,
            acting=event.acting,
            payload=event.payload,
            document_ids=frozenset(document["id"] for document in event.documents),
            personal={}
            if event.sealed is None or key is None
            else vault.unseal_json(
                key=key, table=EVENT_TABLE, row=event.id, column="sealed", sealed=event.sealed
            ),
        )
        for event in _EVENTS.instances(case.id)
    )


def _form(case: Case, events: tuple[EventView, ...], key: vault.DataKey | None) -> dict[str, Any]:
    if key is None:
        return {}
    if case.draft_form is not None:
        return vault.unseal_json(
            key=key, table=CASE_TABLE, row=case.id, column="draft_form", sealed=case.draft_form
        )
    for event in events:
        if event.seq == case.form_seq:
            form: dict[str, Any] = event.personal["form"]
            return form
    return {}


def _mark(case: Case, papers: list[CasePaper]) -> str:
    if case.draft_form is None:
        return ""
    in_force = [paper.document_id for paper in papers if paper.removed_at is None]
    return draft_mark(bytes(case.draft_form), in_force)


def _materials(
    case: Case,
    side: Side,
    edition: matters.EditionView,
    events: tuple[EventView, ...],
    rows: list[CasePaper],
    key: vault.DataKey | None,
) -> tuple[MaterialView, ...]:
    """Return the materials with their files: for the agency, those that were handed in last.

    What the applicant changes while correcting is theirs until they hand it in.
    """
    came: dict[str, str] = {}
    for event in events:
        came = event.payload.get("materials", came)
    handed_in: frozenset[str] = frozenset()
    for event in events:
        handed_in = event.document_ids or handed_in
    views = [] if key is None else documents.of_owner(owner=("case", case.id), key=key)
    shown = {view.id: view for view in views}
    papers: dict[str, list[PaperView]] = {}
    for paper in rows if key is not None else ():
        there = paper.document_id in handed_in if side is Side.AGENCY else paper.removed_at is None
        if not there:
            continue
        view = shown[paper.document_id]
        papers.setdefault(paper.material_key, []).append(
            PaperView(
                id=paper.id,
                name=view.name,
                media_type=view.media_type,
                size=view.size,
                added_at=paper.added_at,
            )
        )
    return tuple(
        MaterialView(
            material=material,
            papers=tuple(papers.get(material.key, ())),
            came=came.get(material.key, ""),
        )
        for material in edition.materials
    )


def _licence_number(events: tuple[EventView, ...]) -> str:
    for event in events:
        if event.verb is Verb.PRODUCE:
            return str(event.personal.get("licence_number", ""))
    return ""


def _wanted(state: State, events: tuple[EventView, ...]) -> tuple[dict[str, str], ...]:
    """Return the lines of the notice that waits for an answer, none otherwise."""
    if state is not State.CORRECTING:
        return ()
    notices = [event for event in events if event.verb is Verb.ASK_CORRECTION]
    return tuple(notices[-1].personal["lines"])


def _records(case: Case, key: vault.DataKey | None) -> tuple[RecordView, ...]:
    return (
        () if key is None else tuple(_record_view(row, key) for row in _RECORDS.instances(case.id))
    )


def _record_view(row: DocumentOfRecord, key: vault.DataKey) -> RecordView:
    return RecordView(
        id=row.id,
        case_id=row.case_id,
        kind=row.kind,
        number=row.number,
        made_on=row.made_on,
        content=vault.unseal_json(
            key=key, table=RECORD_TABLE, row=row.id, column="content", sealed=row.content
        ),
    )
