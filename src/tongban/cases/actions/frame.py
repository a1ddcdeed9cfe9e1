"""The frame in which every verb runs: one transaction, always in the same order.

1. idempotency: the same key again gives the same answer, and nothing happens twice;
2. lock: the case's row (PostgreSQL; SQLite has a single writer);
3. right: who stands where to the case, with which power, by which act of the agreement;
4. rule: the transition table, then the verb's own law;
5. write: the verb's own rows, then the header;
6. event: appended with the next ``seq``;
7. evidence: the final leaf of what happened, beside its encrypted body.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from tongban.agreements.api import OpeningView
from tongban.cases import access
from tongban.cases.crossing import asking, pointing, standing, telling
from tongban.cases.errors import CaseNotFound, Stale, WrongMode
from tongban.cases.models import EVENT_TABLE, Case, CaseEvent, DocumentOfRecord
from tongban.cases.queries.facts import entry_facts
from tongban.cases.queries.limits import facts_of
from tongban.cases.rules import agency_due
from tongban.cases.transitions import MODES, TABLE, Side, State, Transition, Verb, require
from tongban.evidence import api as evidence
from tongban.kernel import clock
from tongban.kernel.acting import Acting
from tongban.kernel.canonical import canonical_bytes
from tongban.kernel.ids import new_id
from tongban.matters import api as matters
from tongban.vault import api as vault
from tongban.work import api as work

_LOCKED = work.Read(Case, 1, lambda pk: Case.objects.select_for_update().filter(pk=pk))
_CASES, _EVENTS, RECORDS = work.Write(Case), work.Write(CaseEvent), work.Write(DocumentOfRecord)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a verb answers: the case, its number (None for a draft), its state and last event."""

    case_id: str
    number: str | None
    state: State
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The key that seals the personal parts of a case, and the ring with the applicant's own."""

    case: vault.DataKey
    ring: vault.Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """The personal parts of a step, as its event and its entry keep them."""

    value: dict[str, Any]
    event_id: str
    sealed: bytes | None  # for the event of that id
    disclosures: evidence.Disclosures


def personal_of(value: dict[str, Any], key: vault.DataKey) -> Personal:
    """Seal and disclose the personal parts of a step to come. No statement.

    A form takes a while, so a verb that knows it before the lock does this there.
    """
    event_id = new_id(settings.NODE)
    sealed = None
    if value:
        sealed = vault.seal_json(
            key=key, table=EVENT_TABLE, row=event_id, column="sealed", value=value
        )
    return Personal(
        value=value, event_id=event_id, sealed=sealed, disclosures=evidence.disclose(value)
    )


@dataclass(slots=True, kw_only=True)
class Step:
    """What a verb's own part works with; it fills in the lower half."""

    case: Case
    was: dict[str, Any]  # the columns of the header before the verb
    edition: matters.EditionView
    acting: Acting
    row: Transition
    side: Side
    opening: OpeningView | None
    key: vault.DataKey
    now: datetime

    state: State
    at: datetime
    payload: dict[str, Any] = field(default_factory=dict)
    personal: dict[str, Any] = field(default_factory=dict)
    documents: list[dict[str, str]] = field(default_factory=list)
    records: list[DocumentOfRecord] = field(default_factory=list)
    record_digests: list[dict[str, str]] = field(default_factory=list)  # of the records' content
    cache: dict[str, str] = field(default_factory=dict)  # names looked up once
    keyring: vault.Keyring | None = None  # the applicant's own key beside the case's
    ahead: Personal | None = None  # of ``personal``, where it was known before the lock

    @property
    def seq(self) -> int:
        """The number that this step's event will carry."""
        return self.case.seq + 1


def perform(
    *,
    verb: Verb,
    acting: Acting,
    case_id: str,
    seq: int,
    key: str,
    request: dict[str, Any],
    own: Callable[[Step], None],
    keys: Keys | None = None,
) -> Done:
    """Run ``own`` (rule and write of one verb) in the frame; return where the case now stands.

    ``seq`` is the last event that the caller saw (Stale if there is a newer one), ``key`` the
    idempotency key of this attempt, ``request`` what was asked, to tell a repeat from another
    request under the same key (work.KeyReused). ``keys`` are the case's, where the verb has read
    them before the lock.
    """
    asked = digest_of({"case": case_id, "seq": seq, **request})
    with transaction.atomic():
        if claim(verb=verb, acting=acting, key=key, digest=asked) is not None:
            return answer_again(acting, case_id, seq + 1)
        case = locked(case_id)
        row, side, opening = allowed(access.viewer(acting), case, verb)
        if case.seq != seq:
            raise Stale(seq=case.seq)
        require(verb, State(case.state))
        step = begin(case=case, acting=acting, row=row, side=side, opening=opening, keys=keys)
        abroad = standing.copy_of(case)
        if abroad is not None:
            _try_out(own, step)
            asking.propose(case, abroad, verb=verb, acting=acting, request=request, key=key)
            return _as_it_stands(case_id)
        own(step)
        return append(step)


class _TriedOut(Exception):  # noqa: N818 - undoes what was tried
    """Undoes the writes of a step that another node will take."""


def _try_out(own: Callable[[Step], None], step: Step) -> None:
    """Make sure that a step could be taken, so that who asks for it hears a refusal at once."""
    with suppress(_TriedOut), transaction.atomic():
        own(step)
        raise _TriedOut


def _as_it_stands(case_id: str) -> Done:
    case = Case.objects.get(pk=case_id)
    return Done(case_id=case.id, number=case.number, state=State(case.state), seq=case.seq)


def digest_of(request: dict[str, Any]) -> bytes:
    """Return the keyed digest that tells a repeat from another request; before the lock."""
    return vault.blind_index(purpose="idempotency", value=canonical_bytes(request).hex())


def claim(*, verb: Verb, acting: Acting, key: str, digest: bytes) -> dict[str, Any] | None:
    """Take the idempotency key; None the first time, else what the first one settled ({})."""
    return work.claim_key(scope=scope_of(verb, acting), key=key, digest=digest)


def scope_of(verb: Verb, acting: Acting) -> str:
    """Return the scope of an actor's idempotency keys."""
    return f"{verb.value}:{acting.actor_id}"


def locked(case_id: str) -> Case:
    """Return the case, locked until the transaction ends; CaseNotFound if there is none."""
    case = _LOCKED.instance(case_id)
    if case is None:
        raise CaseNotFound
    return case


def allowed(
    who: access.Viewer, case: Case, verb: Verb
) -> tuple[Transition, Side, OpeningView | None]:
    """Check the right to ``verb``: side, power and, at a window, the act the agreement granted."""
    row = TABLE[verb]
    side = access.require(who, case, row)
    standing.require_side(case, side)
    if MODES.get(verb, case.mode) != case.mode:
        raise WrongMode
    if side is not Side.WINDOW and verb is not Verb.SUBMIT:
        return row, side, None
    opening = access.opening_of(case, who.today, verb)
    if side is Side.WINDOW:
        access.require_window_act(verb, opening)
    return row, side, opening


def keys_of(*, place_id: str, person_id: str, case_id: str) -> Keys:
    """Return the keys of a case (1 statement in the key store, which no lock of cases guards)."""
    ring = vault.keyring(person_id=person_id, case_id=case_id)
    key = ring.key_of(place_id=place_id, person_id=person_id, case_id=case_id)
    return Keys(case=key, ring=ring)


def begin(
    *,
    case: Case,
    acting: Acting,
    row: Transition,
    side: Side,
    opening: OpeningView | None,
    keys: Keys | None = None,
) -> Step:
    """Return the step of a verb on ``case``, with the key that seals its personal parts."""
    now = clock.now()
    keys = keys or keys_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
    return Step(
        case=case,
        was=dict(vars(case)),
        edition=matters.edition(case.edition_id),
        acting=acting,
        row=row,
        side=side,
        opening=opening,
        key=keys.case,
        keyring=keys.ring,
        now=now,
        state=row.targets[0],
        at=now,
    )


def append(step: Step) -> Done:
    """Write header, event and evidence of a step whose own part has been done."""
    case, seq, personal = step.case, step.seq, step.ahead
    if personal is None or personal.value != step.personal:
        personal = personal_of(step.personal, step.key)
    case.seq, case.state, case.changed_at = seq, step.state.value, step.now
    case.agency_due_on = agency_due(facts_of(case))
    with work.together():
        _CASES.update(case, step.was)
        write_event(step, personal, seq=seq)
        RECORDS.insert(*step.records)
        _leave_entry(step, personal, seq=seq)
    telling.tell(case, step.key)
    pointing.point(case)
    return Done(case_id=case.id, number=case.number, state=step.state, seq=seq)


def _leave_entry(step: Step, personal: Personal, *, seq: int) -> None:
    """Record the step in the evidence, where it is one that is recorded."""
    if step.row.entry is None:
        return
    evidence.record(
        kind=step.row.entry,
        at=step.at,
        place_id=step.case.place_id,
        acting=step.acting,
        subject=("case", step.case.id),
        facts=entry_facts(
            step.case,
            event_id=personal.event_id,
            seq=seq,
            state=step.state.value,
            payload=step.payload,
        ),
        personal=personal.disclosures,
        documents=[*step.documents, *step.record_digests],
        key=step.key,
    )


def write_event(step: Step, personal: Personal, *, seq: int) -> None:
    """Append the event; its personal parts are sealed under the key of (person, case)."""
    _EVENTS.insert(
        _EVENTS.made(
            id=personal.event_id,
            case_id=step.case.id,
            place_id=step.case.place_id,
            seq=seq,
            verb=step.row.verb.value,
            state=step.state.value,
            at=step.at,
            recorded_at=step.now,
            acting=step.acting.as_json(),
            payload=step.payload,
            documents=step.documents,
            sealed=personal.sealed,
        )
    )


def answer_again(acting: Acting, case_id: str, seq: int) -> Done:
    """Return what the first request was answered, to who may still see the case (CaseNotFound).

    An event never changes and a number is given once, so that answer can be read off them.
    """
    case = Case.objects.get(pk=case_id)
    access.side_of(access.viewer(acting), case)
    event = CaseEvent.objects.filter(case_id=case_id, leg=0, seq=seq).first()
    if event is None:  # asked of the node that orders the case, which hasn't told of it yet
        return _as_it_stands(case_id)
    number = None if seq == 1 else case.number
    return Done(case_id=case.id, number=number, state=State(event.state), seq=seq)
