"""Handing a received case over to the node of the deciding agency 移交."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from tongban.agreements.api import OpeningView, SilenceFrom
from tongban.cases import access
from tongban.cases.actions.numbers import is_takers_case_number, is_takers_record_number
from tongban.cases.crossing import files, packing, pointing, telling
from tongban.cases.crossing.packing import Json
from tongban.cases.errors import EditionDiffers, HandedWrong
from tongban.cases.models import Case, CaseAbroad
from tongban.cases.queries.due import reckon
from tongban.cases.queries.lacking import form_problems
from tongban.cases.rules import day_of
from tongban.cases.transitions import State, Verb
from tongban.delivery import api as delivery
from tongban.evidence import api as evidence
from tongban.federation import api as federation
from tongban.identity import api as identity
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind, Assurance, Channel
from tongban.kernel.wire import moment
from tongban.matters import api as matters
from tongban.places import api as places
from tongban.vault import api as vault
from tongban.work import api as work

HANDED = "case.handed"
HAND_JOB = "cases.hand_over"
ENTRY, REFUSED, AGAIN = "case.handed_over", "case.hand_refused", "case.handed_again"
HANDED_IN = (State.RECEIVED, State.CORRECTING)
_CASES = work.Write(Case)
_LOCKED = work.Read(Case, 1, lambda case_id: Case.objects.select_for_update().filter(pk=case_id))
_THERE = work.Read(Case, 1, lambda case_id: Case.objects.filter(pk=case_id).values_list("id"))
_TO_HAND = work.Read(
    CaseAbroad,
    1,
    lambda case_id: CaseAbroad.objects.filter(case_id=case_id, told_seq=0, refused=""),
)
_OF_CASE = work.Read(CaseAbroad, 1, lambda case_id: CaseAbroad.objects.filter(case_id=case_id))
_ABROADS = work.Write(CaseAbroad)


def queue(case: Case) -> None:
    """Have a case that was just taken in handed over, where another node decides it.

    From here on nobody moves it until that node has answered.
    """
    node = federation.node_hosting(case.place_id)
    if node is not None:
        abroad = CaseAbroad(
            case_id=case.id,
            node=node,
            ordered_here=False,
            persons={},
            handed_at=clock.now(),
            told_seq=0,
        )
        _ABROADS.insert(abroad)
        enqueue(case)


def enqueue(case: Case) -> None:
    """Have the worker hand a case over."""
    work.enqueue(name=HAND_JOB, payload={"case_id": case.id}, key=f"{HAND_JOB}:{case.id}")


def hand_over(payload: Mapping[str, Any]) -> None:
    """Send the whole case to the deciding agency's node; once, and not what was ended meanwhile.

    Until that node has answered, nobody moves the case.
    """
    with transaction.atomic():
        case = _LOCKED.instance(payload["case_id"])
        if case is None or State(case.state) not in HANDED_IN:
            return
        abroad = _TO_HAND.instance(case.id)
        if abroad is None:
            return
        was = dict(vars(abroad))
        key = vault.key_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
        papers = delivery.packed(subject=("case", case.id), key=key)
        told, to_fetch = files.packed(case, key)
        federation.send(
            to=abroad.node,
            kind=HANDED,
            lane=case.id,
            data={
                "header": packing.header(case),
                "edition": _edition(case),
                "applicant": _card(case.applicant_id),
                "events": telling.packed_events(case, key),
                "records": telling.packed_records(case, key, range(1, case.seq + 1)),
                "papers": papers,
                "files": told,
            },
            files=to_fetch,
        )
        abroad.told_seq, abroad.told_papers = case.seq, telling.last_moves(papers)
        abroad.told_files = [one["id"] for one in told]
        _ABROADS.update(abroad, was)


def _edition(case: Case) -> Json:
    """Name the text by which the case was taken in; ids of editions are each node's own."""
    return {
        "version": matters.edition(case.edition_id).version,
        "digest": matters.content_digest(case.edition_id),
    }


def _card(person_id: str) -> Json:
    card = identity.person_card(person_id)
    return {
        "id": card.id,
        "name": card.name,
        "number_kind": card.number_kind.value,
        "number": card.number,
        "phone": card.phone,
        "assurance": int(card.assurance),
    }


def take_handed(message: federation.Message) -> None:
    """Write a case that another node took in for an agency of ours; we order it from here on.

    HandedWrong where it isn't theirs to hand or ours to take, EditionDiffers where they took it in
    by another text, and agreements' refusals where nothing opens the matter to them. Of the header
    only what it was begun with is taken; the rest follows from the events and our calendar.
    """
    data = message.data
    case = Case(**packing.begun(data["header"]), seq=0, state="", changed_at=clock.now())
    case.edition_id = same_edition(case, data["edition"])
    opening = _check(case, message)
    by = Acting(actor_kind=ActorKind.NODE, actor_id=message.sender, channel=Channel.API)
    case.applicant_id = _person(data["applicant"], case, by)
    key = vault.make_key(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
    _project(case, data, opening)
    case.seq, case.state = 1, State.DRAFT.value  # the row that events refer to
    try:
        _CASES.insert(case)
    except IntegrityError:  # its number is another's here
        raise HandedWrong from None
    was = dict(vars(case))
    case.seq, case.state = 0, ""
    persons = {data["applicant"]["id"]: case.applicant_id}
    pointing.known_abroad(
        person_id=case.applicant_id, node=message.sender, theirs=data["applicant"]["id"]
    )
    abroad = CaseAbroad(
        case_id=case.id,
        node=message.sender,
        ordered_here=True,
        persons=persons,
        handed_at=clock.now(),
        answered_at=clock.now(),
        told_seq=len(data["events"]),
        told_files=[one["id"] for one in data["files"]],
        heard_at=clock.now(),
    )
    _ABROADS.insert(abroad)
    telling.put_events(case, data, key, sender=message.sender, persons=persons)
    reckon(case)
    _CASES.update(case, was)
    files.put(case, data["files"], message, key)
    telling.put_papers(case, data["papers"], key, abroad)
    _leave_entry(case, message.id, by, key, direction="taken", node=message.sender)


def _project(case: Case, data: Mapping[str, Any], opening: OpeningView) -> None:
    """Set what follows from the events of a case that was taken in elsewhere."""
    case.number = data["header"]["number"]
    for event in data["events"]:
        if event["verb"] in {Verb.RECEIVE.value, Verb.CORRECT.value}:
            case.form_seq = event["seq"]
            waits = event["payload"].get("originals") and (
                opening.silence_from == SilenceFrom.DECIDING
            )
            case.papers_at = None if waits else moment(event["at"])


def _check(case: Case, message: federation.Message) -> OpeningView:
    """Check that the sender took it in, that we decide it, and that the agreement lets both."""
    data = message.data
    if not (
        message.lane == case.id
        and _lies_between(case, message.sender)
        and _is_intake(data["events"], data["header"], message)
        and _are_theirs(case, data)
        and _has_form(case, data["events"])
    ):
        raise HandedWrong
    opening = access.opening_of(case, day_of(case.created_at), Verb.CORRECT)
    access.require_window_act(Verb.RECEIVE, opening)
    return opening


def _lies_between(case: Case, sender: str) -> bool:
    """Tell whether the sender hosts the office that took it in, we the agency, and it is new."""
    taker = case.receiving_place_id or ""
    return (
        case.mode == "received"
        and bool(taker)
        and federation.hosts(case.place_id)
        and federation.node_hosting(taker) == sender
        and places.office(case.receiving_office_id or "").place_id == taker
        and matters.edition(case.edition_id).agency_id == case.agency_id
        and federation.may_name(sender, case.id)
        and _THERE.row(case.id) is None
    )


def _is_intake(events: list[Json], header: Json, message: federation.Message) -> bool:
    """Tell whether nothing happened but what a window does before the agency has the case."""
    verbs = [one["verb"] for one in events]
    return (
        verbs[:2] == [Verb.DRAFT.value, Verb.RECEIVE.value]
        and set(verbs[2:]) <= {Verb.ASK_CORRECTION.value, Verb.CORRECT.value}
        and State(events[-1]["state"]) in HANDED_IN
        and events[0]["at"] == header["created_at"] <= events[1]["at"]
        and moment(events[-1]["at"]) <= message.at
    )


def _are_theirs(case: Case, data: Mapping[str, Any]) -> bool:
    """Tell whether number and documents carry the series of who took the case in."""
    return is_takers_case_number(data["header"]["number"], case) and all(
        is_takers_record_number(one["number"], case) for one in data["records"]
    )


def _has_form(case: Case, events: list[Json]) -> bool:
    """Tell whether the form in force is one of the edition's."""
    forms = [one["personal"]["form"] for one in events if "form" in one["personal"]]
    return (
        bool(forms)
        and isinstance(forms[-1], dict)
        and not form_problems(matters.edition(case.edition_id), forms[-1])
    )


def same_edition(case: Case, named: Mapping[str, Any]) -> str:
    """Return our id of the edition that the other node names; EditionDiffers for another text."""
    found = matters.find_edition(
        matter_code=case.matter_code, place_id=case.place_id, version=named["version"]
    )
    if matters.content_digest(found) != named["digest"]:
        raise EditionDiffers
    return found


def _person(card: Mapping[str, Any], case: Case, by: Acting) -> str:
    """Return the person here who has that number, registered now if nobody has."""
    return identity.register_person(
        acting=by,
        place_id=case.place_id,
        name=card["name"],
        number_kind=identity.NumberKind(card["number_kind"]),
        number=card["number"],
        phone=card["phone"],
        # Until they were seen here, the other node's word is worth no more.
        assurance=min(Assurance(card["assurance"]), Assurance.BASIC),
    ).id


def answered(answer: federation.Answer) -> None:
    """Note what the deciding agency's node said of a case that was handed to it."""
    case, abroad = _LOCKED.instance(answer.lane), _OF_CASE.instance(answer.lane)
    if case is None or abroad is None or abroad.answered_at is not None:
        return
    was = dict(vars(abroad))
    abroad.answered_at, abroad.refused = clock.now(), "" if answer.taken else answer.code
    abroad.heard_at = abroad.answered_at
    if answer.taken:  # what it did not hear of before it had the case, it has now
        abroad.trouble, abroad.trouble_at = "", None
    _ABROADS.update(abroad, was)
    by = Acting(actor_kind=ActorKind.NODE, actor_id=answer.to, channel=Channel.API)
    key = vault.key_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
    if answer.taken:
        _leave_entry(case, answer.message_id, by, key, direction="handed", node=answer.to)
    else:
        leave_refused(case, by, key, kind=REFUSED, code=answer.code, node=answer.to)


def leave_refused(
    case: Case, by: Acting, key: vault.DataKey, *, kind: str, code: str, node: str
) -> None:
    """Record that a case was not taken, or that it was handed over again after that."""
    evidence.record(
        kind=kind,
        at=clock.now(),
        place_id=case.place_id,
        acting=by,
        subject=("case", case.id),
        facts={"number": case.number, "node": node, "code": code, "seq": case.seq},
        key=key,
    )


def _leave_entry(
    case: Case, message_id: str, by: Acting, key: vault.DataKey, *, direction: str, node: str
) -> None:
    """Record the hand-over on either side; the message and its answer are signed by the other."""
    evidence.record(
        kind=ENTRY,
        at=clock.now(),
        place_id=case.place_id,
        acting=by,
        subject=("case", case.id),
        facts={
            "number": case.number,
            "direction": direction,
            "node": node,
            "message": message_id,
            "seq": case.seq,
        },
        key=key,
    )
