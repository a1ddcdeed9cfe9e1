"""The states of a case and the verbs that move it: the whole workflow, as data.

The diagram in docs/case.md is drawn from ``TABLE`` by a test; nothing else decides what may
follow what. States follow domain practice (草稿 … 送达); receiving (收件) is apart from
accepting (受理), which alone starts the legal clock.
"""

from dataclasses import dataclass
from enum import StrEnum

from tongban.cases.errors import NotNow
from tongban.identity.api import Power


class State(StrEnum):
    """Where a case stands; a projection of its events."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RECEIVED = "received"
    CORRECTING = "correcting"
    ACCEPTED = "accepted"
    REVIEWED = "reviewed"
    GRANTED = "granted"
    REFUSED = "refused"
    PRODUCED = "produced"
    ISSUED = "issued"
    DECLINED = "declined"
    CLOSED = "closed"
    DELIVERED = "delivered"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"


class Verb(StrEnum):
    """What can be done to a case."""

    DRAFT = "draft"
    SUBMIT = "submit"
    RECEIVE = "receive"
    ARRIVE = "arrive"
    ASK_CORRECTION = "ask_correction"
    CORRECT = "correct"
    ACCEPT = "accept"
    DECLINE = "decline"
    REVIEW = "review"
    DECIDE = "decide"
    PRODUCE = "produce"
    ISSUE = "issue"
    CLOSE = "close"
    DELIVER = "deliver"
    WITHDRAW = "withdraw"
    VOID = "void"


class Side(StrEnum):
    """Who may stand behind a verb, as seen from the case."""

    APPLICANT = "applicant"  # the person concerned, or an agent with a mandate
    WINDOW = "window"  # the receiving office
    AGENCY = "agency"  # the deciding agency
    SYSTEM = "system"  # the clock of the law


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One verb: from which states, to which, by whom.

    ``sides`` maps each side that may act to the power its post needs (None: no post). ``targets``
    has more than one state where the verb's own answer decides. ``entry`` is the kind of evidence
    entry it leaves.
    """

    verb: Verb
    sources: tuple[State, ...]
    targets: tuple[State, ...]
    sides: dict[Side, Power | None]
    entry: str | None


_OPEN = (State.SUBMITTED, State.RECEIVED)
_BEFORE_DECISION = (State.DRAFT, *_OPEN, State.CORRECTING, State.ACCEPTED, State.REVIEWED)

_ROWS = (
    Transition(
        verb=Verb.DRAFT,
        sources=(),
        targets=(State.DRAFT,),
        sides={Side.APPLICANT: None, Side.WINDOW: Power.RECEIVE},
        entry=None,
    ),
    Transition(
        verb=Verb.SUBMIT,
        sources=(State.DRAFT,),
        targets=(State.SUBMITTED,),
        sides={Side.APPLICANT: None},
        entry="case.submitted",
    ),
    Transition(
        verb=Verb.RECEIVE,
        sources=(State.DRAFT,),
        targets=(State.RECEIVED,),
        sides={Side.WINDOW: Power.RECEIVE},
        entry="case.received",
    ),
    Transition(  # the papers reach the agency, where the agreement starts the five days there
        verb=Verb.ARRIVE,
        sources=(State.RECEIVED,),
        targets=(State.RECEIVED,),
        sides={Side.AGENCY: Power.ACCEPT},
        entry="case.arrived",
    ),
    Transition(
        verb=Verb.ASK_CORRECTION,
        sources=_OPEN,
        targets=(State.CORRECTING,),
        sides={Side.AGENCY: Power.ACCEPT, Side.WINDOW: Power.RECEIVE},
        entry="case.correction_asked",
    ),
    Transition(
        verb=Verb.CORRECT,
        sources=(State.CORRECTING,),
        targets=(State.SUBMITTED, State.RECEIVED),
        sides={Side.APPLICANT: None, Side.WINDOW: Power.RECEIVE},
        entry="case.corrected",
    ),
    Transition(
        verb=Verb.ACCEPT,
        sources=_OPEN,
        targets=(State.ACCEPTED,),
        sides={Side.AGENCY: Power.ACCEPT, Side.SYSTEM: None},
        entry="case.accepted",
    ),
    Transition(
        verb=Verb.DECLINE,
        sources=_OPEN,
        targets=(State.DECLINED,),
        sides={Side.AGENCY: Power.ACCEPT},
        entry="case.declined",
    ),
    Transition(
        verb=Verb.REVIEW,
        sources=(State.ACCEPTED,),
        targets=(State.REVIEWED,),
        sides={Side.AGENCY: Power.REVIEW},
        entry="case.reviewed",
    ),
    Transition(
        verb=Verb.DECIDE,
        sources=(State.REVIEWED,),
        targets=(State.GRANTED, State.REFUSED),
        sides={Side.AGENCY: Power.DECIDE},
        entry="case.decided",
    ),
    Transition(
        verb=Verb.PRODUCE,
        sources=(State.GRANTED,),
        targets=(State.PRODUCED,),
        sides={Side.AGENCY: Power.PRODUCE},
        entry="case.produced",
    ),
    Transition(
        verb=Verb.ISSUE,
        sources=(State.PRODUCED,),
        targets=(State.ISSUED,),
        sides={Side.AGENCY: Power.ISSUE},
        entry="case.issued",
    ),
    Transition(
        verb=Verb.CLOSE,
        sources=(State.ISSUED, State.REFUSED, State.DECLINED),
        targets=(State.CLOSED,),
        sides={Side.AGENCY: Power.ISSUE},
        entry="case.closed",
    ),
    Transition(
        verb=Verb.DELIVER,
        sources=(State.CLOSED,),
        targets=(State.DELIVERED,),
        sides={
            Side.APPLICANT: None,
            Side.WINDOW: Power.DELIVER_RESULT,
            Side.AGENCY: Power.DELIVER_RESULT,
        },
        entry="case.delivered",
    ),
    Transition(
        verb=Verb.WITHDRAW,
        sources=_BEFORE_DECISION,
        targets=(State.WITHDRAWN,),
        sides={Side.APPLICANT: None, Side.WINDOW: Power.RECEIVE},
        entry="case.withdrawn",
    ),
    Transition(
        verb=Verb.VOID,
        sources=(State.DRAFT, State.RECEIVED, State.CORRECTING),
        targets=(State.VOIDED,),
        sides={Side.WINDOW: Power.VOID},  # its own mistake; what a citizen entered is declined
        entry="case.voided",
    ),
)

TABLE: dict[Verb, Transition] = {row.verb: row for row in _ROWS}

MODES = {Verb.SUBMIT: "online", Verb.RECEIVE: "received", Verb.ARRIVE: "received"}
"""Verbs of one mode only."""

ENDED = frozenset({State.CLOSED, State.DELIVERED, State.WITHDRAWN, State.VOIDED})
"""States in which no legal clock runs and nobody owes the applicant a step but delivery."""

OVER = frozenset({State.DELIVERED, State.WITHDRAWN, State.VOIDED})
"""States after which nothing comes: the person has what they asked for, or asks for nothing."""


def require(verb: Verb, state: State) -> Transition:
    """Return the row of ``verb``; NotNow if it cannot follow ``state``."""
    row = TABLE[verb]
    if state not in row.sources:
        raise NotNow(verb=verb.value, state=state.value)
    return row


def verbs_after(state: State) -> tuple[Verb, ...]:
    """Return the verbs that can follow ``state``, in the order of a case's life."""
    return tuple(row.verb for row in _ROWS if state in row.sources)


def mermaid() -> str:
    """Return the table as a Mermaid state diagram, for docs/case.md."""
    lines = ["stateDiagram-v2"]
    for row in _ROWS:
        sources = [source.value for source in row.sources] or ["[*]"]
        lines += [
            f"    {source} --> {target.value}: {row.verb.value}"
            for source in sources
            for target in row.targets
        ]
    lines += [f"    {state.value} --> [*]" for state in State if not verbs_after(state)]
    return "\n".join(lines) + "\n"
