"""What happened, told to the node at the other end; and taking over what it tells."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import IntegrityError

from tongban.cases.crossing import files, packing
from tongban.cases.crossing.packing import Json
from tongban.cases.crossing.speaking import spoken, spoken_papers
from tongban.cases.crossing.standing import abroad_of
from tongban.cases.errors import CaseNotFound, ToldOutOfStep
from tongban.cases.models import Case, CaseAbroad, CaseEvent, DocumentOfRecord
from tongban.cases.queries.facts import entry_facts
from tongban.cases.transitions import TABLE, State, Verb
from tongban.delivery import api as delivery
from tongban.evidence import api as evidence
from tongban.federation import api as federation
from tongban.federation.errors import DataUnfit
from tongban.kernel import clock
from tongban.kernel.acting import Acting
from tongban.kernel.ids import node_of
from tongban.places import api as places
from tongban.vault import api as vault
from tongban.work import api as work

_EVENTS = work.Read(
    CaseEvent, 1, lambda case_id: CaseEvent.objects.filter(case_id=case_id, leg=0).order_by("seq")
)
_RECORDS = work.Read(
    DocumentOfRecord,
    1,
    lambda case_id: DocumentOfRecord.objects.filter(case_id=case_id).order_by("id"),
)
_NEW_EVENTS, _NEW_RECORDS = work.Write(CaseEvent), work.Write(DocumentOfRecord)

TOLD = "case.told"
"""Events and moves of papers, from the node that they happened on."""


def tell(case: Case, key: vault.DataKey, *, compared: bool = False) -> None:
    """Tell the other node what it doesn't know yet, in the caller's transaction.

    No statement where this node hosts both ends. Before the case was handed over, handing it over
    tells all. ``compared`` tells that it is all, after the two ends have compared their records.
    """
    abroad = abroad_of(case)
    if abroad is None or abroad.refused or abroad.node not in federation.trusted():
        return
    if abroad.told_seq == 0:  # not handed over yet: that will tell all
        return
    events = packed_events(case, key, after=abroad.told_seq) if abroad.ordered_here else []
    seqs = {one["seq"] for one in events}
    records = packed_records(case, key, seqs) if seqs else []
    # Files come with the correction that handed them in: until then they are the applicant's.
    corrected = any(one["verb"] == Verb.CORRECT.value for one in events)
    listed, to_fetch = (
        files.packed(case, key, there=set(abroad.told_files)) if corrected else ([], [])
    )
    papers = own_moves(
        delivery.packed(subject=("case", case.id), key=key, after=abroad.told_papers)
    )
    theirs = {ours: other for other, ours in abroad.persons.items()}
    if events:
        told = [one | {"acting": packing.renamed(one["acting"], theirs)} for one in events]
        header = packing.projection(case)
        _send(abroad, to_fetch, header=header, events=told, records=records, files=listed)
    if papers:  # apart: what is odd about a paper keeps no event back
        _send(abroad, [], papers=packing.renamed_papers(papers, theirs))
    if compared:
        _send(abroad, [], compared=True)
    if not events and not papers:
        return
    abroad.told_seq = max([abroad.told_seq, *seqs])
    abroad.told_papers |= last_moves(papers)
    abroad.told_files = sorted({*abroad.told_files, *(one["id"] for one in listed)})
    abroad.save(update_fields=["told_seq", "told_papers", "told_files"])


def _send(
    abroad: CaseAbroad,
    to_fetch: list[federation.FileRef],
    **said: Any,  # noqa: ANN401 - JSON
) -> None:
    empty: Json = {"header": None, "events": [], "records": [], "papers": [], "files": []}
    data = {"case_id": abroad.case_id, **empty, **said}
    federation.send(to=abroad.node, kind=TOLD, lane=abroad.case_id, data=data, files=to_fetch)


def answered(answer: federation.Answer) -> None:
    """Note that the other node did not take what it was told: someone must compare."""
    if not answer.taken:
        note_trouble(answer.lane, answer.code)


def refused(message: federation.Message, code: str) -> None:
    """Note the same of what this node did not hear of, so that both ends see it."""
    here = CaseAbroad.objects.filter(case_id=message.data["case_id"], node=message.sender)
    if here.exclude(ordered_here=False, answered_at=None).filter(refused="").exists():
        note_trouble(message.data["case_id"], code)


def tell_anew(case: Case, abroad: CaseAbroad, key: vault.DataKey, *, compared: bool) -> None:
    """Tell all that happened here once more: what the other node has, it passes over."""
    handed = [
        seq
        for seq, event_id in CaseEvent.objects.filter(case_id=case.id).values_list("seq", "id")
        if node_of(event_id) == abroad.node
    ]
    if abroad.ordered_here:
        abroad.told_seq, abroad.told_files = max(handed, default=1), []
    abroad.told_papers = {}
    abroad.save(update_fields=["told_seq", "told_files", "told_papers"])
    tell(case, key, compared=compared)


def note_trouble(case_id: str, code: str) -> None:
    """Remember that the two ends differ, the first time since when: someone must compare."""
    here = CaseAbroad.objects.filter(case_id=case_id, refused="")  # else there is nothing there
    here.filter(trouble="").update(trouble_at=clock.now())
    here.update(trouble=code)


def packed_events(case: Case, key: vault.DataKey, *, after: int = 0) -> list[Json]:
    """Return the events after a seq, opened."""
    rows = _EVENTS.instances(case.id)
    return [packing.event(row, key) for row in rows if row.seq > after]


def packed_records(case: Case, key: vault.DataKey, seqs: Iterable[int]) -> list[Json]:
    """Return the documents of record that these events made, opened."""
    made = frozenset(seqs)
    return [packing.record(row, key) for row in _RECORDS.instances(case.id) if row.seq in made]


def own_moves(papers: list[Json]) -> list[Json]:
    """Leave out moves that the other node told of: it has them."""
    kept = [
        paper | {"moves": [move for move in paper["moves"] if _is_own(move["id"])]}
        for paper in papers
    ]
    return [paper for paper in kept if paper["moves"]]


def _is_own(move_id: str) -> bool:
    return node_of(move_id) == settings.NODE


def last_moves(papers: list[Json]) -> dict[str, int]:
    """Return the number of each paper's last move of those that are told."""
    return {paper["id"]: paper["moves"][-1]["seq"] for paper in papers if paper["moves"]}


def take_told(message: federation.Message) -> None:
    """Write what the other node tells: events of a case that it orders, moves of its papers.

    CaseNotFound for a case that it has no part in, ToldOutOfStep for events that don't follow.
    """
    data = message.data
    case = Case.objects.select_for_update().filter(pk=data["case_id"]).first()
    abroad = None if case is None else CaseAbroad.objects.filter(case_id=case.id).first()
    if case is None or abroad is None or abroad.node != message.sender or message.lane != case.id:
        raise CaseNotFound
    if data["events"] and (
        abroad.ordered_here or abroad.refused or data["header"]["number"] != case.number
    ):
        raise ToldOutOfStep(seq=case.seq)
    key = vault.key_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
    if data["events"]:
        data = _unknown(case, data)
        put_events(case, data, key, sender=message.sender, persons=abroad.persons)
        for name, value in packing.projected(data["header"]).items():
            setattr(case, name, value)
        case.changed_at = clock.now()
        case.save(force_update=True)
        come = data.get("files", [])  # an older node tells of none
        files.put(case, come, message, key)
        if come:
            files.set_aside(case, but={one["id"] for one in come})
            abroad.told_files = sorted({*abroad.told_files, *(one["id"] for one in come)})
    put_papers(case, data["papers"], key, abroad)
    abroad.heard_at = clock.now()
    abroad.save(update_fields=["told_files", "heard_at"])
    if data.get("compared"):  # they have told all of theirs, and it was taken: ours follows
        abroad.trouble, abroad.trouble_at = "", None
        abroad.save(update_fields=["trouble", "trouble_at"])
        tell_anew(case, abroad, key, compared=False)


def _unknown(case: Case, data: Mapping[str, Any]) -> Json:
    """Leave out the events and records that are here already: they were told once more."""
    events = set(CaseEvent.objects.filter(case_id=case.id).values_list("id", flat=True))
    records = set(DocumentOfRecord.objects.filter(case_id=case.id).values_list("id", flat=True))
    return {
        **data,
        "events": [one for one in data["events"] if one["id"] not in events],
        "records": [one for one in data["records"] if one["id"] not in records],
    }


def put_events(
    case: Case,
    data: Mapping[str, Any],
    key: vault.DataKey,
    *,
    sender: str,
    persons: Mapping[str, str],
    again: bool = False,
) -> None:
    """Write events and documents of record, each event with its entry; the header's state too.

    ``again``: they are this node's own, lost and given back, and name whom they like.
    """
    if not _is_once(data, sender):
        raise ToldOutOfStep(seq=case.seq)
    records = [packing.record_row(one, case, key) for one in data["records"]]
    try:
        for one in data["events"]:
            if again:
                acting = Acting.of_json(packing.renamed(one["acting"], persons))
            else:
                acting = spoken(one["acting"], case, sender=sender, persons=persons)
            row = packing.event_row({**one, "acting": acting.as_json()}, case, key)
            _put_event(case, row, one, data["records"], key)
        _NEW_RECORDS.insert(*records)
    except IntegrityError:  # an id or a number that something else has
        raise ToldOutOfStep(seq=case.seq) from None


def _put_event(
    case: Case, row: CaseEvent, told: Mapping[str, Any], records: list[Json], key: vault.DataKey
) -> None:
    transition = TABLE[Verb(row.verb)]
    before = State(case.state) if case.seq else None
    follows = (before is None) if not transition.sources else before in transition.sources
    if row.seq != case.seq + 1 or not follows or State(row.state) not in transition.targets:
        raise ToldOutOfStep(seq=case.seq)
    case.seq, case.state = row.seq, row.state
    _NEW_EVENTS.insert(row)
    _leave_entry(case, row, told, [one for one in records if one["seq"] == row.seq], key)


def _is_once(data: Mapping[str, Any], sender: str) -> bool:
    """Tell whether events and documents are the sender's, and each is told once."""
    events, records = data["events"], data["records"]
    ids = [one["id"] for one in (*events, *records)]
    made_by = {(one["kind"], one["seq"]) for one in records}
    return (
        all(federation.may_name(sender, one) for one in ids)
        and len({*ids}) == len(ids)
        and len(made_by) == len(records)
        and {seq for _, seq in made_by} <= {one["seq"] for one in events}
    )


def _leave_entry(
    case: Case, row: CaseEvent, told: Mapping[str, Any], records: list[Json], key: vault.DataKey
) -> None:
    """Record a told event as one's own are: whose event it is, its id says."""
    kind = TABLE[Verb(row.verb)].entry
    if kind is None:
        return
    digests = [
        {
            "id": one["id"],
            "digest": packing.record_digest(one),
            "record": one["kind"],
        }
        for one in records
    ]
    try:
        evidence.record(
            kind=kind,
            at=row.at,
            place_id=case.place_id,
            acting=Acting.of_json(row.acting),
            subject=("case", case.id),
            facts=entry_facts(
                case, event_id=row.id, seq=row.seq, state=row.state, payload=row.payload
            ),
            personal=told["personal"],
            documents=[*row.documents, *digests],
            key=key,
        )
    except ValueError:  # more than an entry holds
        raise DataUnfit from None


def put_papers(case: Case, papers: list[Json], key: vault.DataKey, abroad: CaseAbroad) -> None:
    """Take over the moves that the other node's people made."""
    spoken_papers(papers, case, sender=abroad.node, persons=abroad.persons)
    delivery.adopt(
        papers=packing.renamed_papers(papers, abroad.persons),
        subject=("case", case.id),
        place_id=case.place_id,
        key=key,
        sender=abroad.node,
        theirs=lambda end: _is_theirs(end, abroad.node),
    )


def _is_theirs(end: delivery.Holder, node: str) -> bool:
    """Tell whether an end stands at the other node; the applicant may be at either."""
    if end.kind is delivery.HolderKind.OFFICE:
        return federation.node_hosting(places.office(end.id).place_id) == node
    if end.kind is delivery.HolderKind.AGENCY:
        return federation.node_hosting(places.agency(end.id).place_id) == node
    return end.kind is delivery.HolderKind.PERSON
