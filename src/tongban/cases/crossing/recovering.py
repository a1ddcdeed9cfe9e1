"""What this node once told another of a case and has lost with its database, put back.

The other node has kept each message as this one signed it. So the events, numbers and papers are
those that there were; nothing is decided anew, and nobody is told again.
"""

from typing import Any

from django.conf import settings

from tongban.cases.actions.numbers import note_given
from tongban.cases.crossing import files, handing, packing, telling
from tongban.cases.errors import CaseNotFound
from tongban.cases.models import Case, CaseAbroad, Proposal
from tongban.cases.transitions import State
from tongban.delivery import api as delivery
from tongban.federation import api as federation
from tongban.identity import api as identity
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind, Assurance, Channel
from tongban.vault import api as vault

Json = dict[str, Any]


def handed_again(message: federation.Message, to: str) -> None:
    """Write a case as it was when it was handed over, or what of it is missing here."""
    data = message.data
    case = Case.objects.select_for_update().filter(pk=data["header"]["id"]).first()
    if case is None:
        case = _begun(data)
    key = vault.make_key(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
    abroad, _ = CaseAbroad.objects.update_or_create(
        case_id=case.id,
        defaults={
            "node": to,
            "ordered_here": False,
            "persons": {},
            "handed_at": message.at,
            "answered_at": None,
            "told_seq": len(data["events"]),
            "told_files": [one["id"] for one in data["files"]],
        },
    )
    case.draft_form = None
    _put_events(case, data, key, {})
    files.put(case, data["files"], message, key)
    _put_papers(case, data["papers"], key, abroad)


def _begun(data: Json) -> Case:
    """Write the row of a case that was lost whole, with its applicant under the same id."""
    case = Case(**packing.begun(data["header"]), seq=0, state="", changed_at=clock.now())
    case.edition_id = handing.same_edition(case, data["edition"])
    card = data["applicant"]
    case.applicant_id = identity.register_person(
        acting=Acting(actor_kind=ActorKind.NODE, actor_id=settings.NODE, channel=Channel.API),
        place_id=case.receiving_place_id or case.place_id,
        name=card["name"],
        number_kind=identity.NumberKind(card["number_kind"]),
        number=card["number"],
        phone=card["phone"],
        assurance=Assurance(card["assurance"]),
        known_as=card["id"],
    ).id
    if case.applicant_id != card["id"]:  # registered anew meanwhile, as someone else to the log
        raise CaseNotFound
    case.seq, case.state = 1, State.DRAFT.value  # the row that events refer to
    case.save(force_insert=True)
    case.seq, case.state = 0, ""
    return case


def told_again(message: federation.Message, to: str) -> None:
    """Write the events and moves of papers that this node told of."""
    data = message.data
    case = Case.objects.select_for_update().filter(pk=data["case_id"]).first()
    abroad = None if case is None else CaseAbroad.objects.filter(case_id=case.id, node=to).first()
    if case is None or abroad is None:
        raise CaseNotFound
    key = vault.key_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
    if data["events"]:
        _put_events(case, data, key, abroad.persons)
        files.put(case, data["files"], message, key)
    _put_papers(case, packing.renamed_papers(data["papers"], abroad.persons), key, abroad)
    abroad.told_seq = max([abroad.told_seq, *(one["seq"] for one in data["events"])])
    abroad.told_files = sorted({*abroad.told_files, *(one["id"] for one in data["files"])})
    abroad.save(update_fields=["told_seq", "told_files"])


def _put_events(case: Case, data: Json, key: vault.DataKey, persons: dict[str, str]) -> None:
    before = case.seq
    events = [one for one in data["events"] if one["seq"] > before]
    records = [one for one in data["records"] if one["seq"] > before]
    if not events:
        return
    case.number = data["header"]["number"]  # entries name it
    telling.put_events(
        case,
        {"events": events, "records": records},
        key,
        sender=settings.NODE,
        persons=persons,
        again=True,
    )
    for name, value in packing.projected(data["header"]).items():
        setattr(case, name, value)
    case.changed_at = clock.now()
    case.save(force_update=True)
    note_given(case, "case", case.number or "")
    for record in records:
        note_given(case, record["kind"], record["number"])


def _put_papers(case: Case, papers: list[Json], key: vault.DataKey, abroad: CaseAbroad) -> None:
    delivery.adopt(
        papers=papers,
        subject=("case", case.id),
        place_id=case.place_id,
        key=key,
        sender=settings.NODE,
        theirs=lambda _end: True,  # whoever moved them here had the right to
    )
    abroad.told_papers |= telling.last_moves(papers)
    abroad.save(update_fields=["told_papers"])


def proposed_again(message: federation.Message, to: str) -> None:
    """Remember that a step was asked of the node that orders the case, with the files for it."""
    data = message.data
    case = Case.objects.filter(pk=data["case_id"]).first()
    if case is None or not CaseAbroad.objects.filter(case_id=case.id, node=to).exists():
        raise CaseNotFound
    take_files(message)
    Proposal.objects.create(
        id=message.id,
        case_id=case.id,
        verb=data["verb"],
        seq=data["seq"],
        at=message.at,
        acting=data["acting"],
        files=[one["id"] for one in data["files"] if "name" in one],  # those that went with it
    )


def take_files(message: federation.Message) -> None:
    """Keep the files that came for a step; the step itself shows in what was told of it."""
    case = Case.objects.get(pk=message.data["case_id"])
    if message.data["files"]:
        key = vault.key_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
        files.put(case, message.data["files"], message, key)
