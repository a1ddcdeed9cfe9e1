"""What leaves this app: frozen views."""

from dataclasses import dataclass, field
from datetime import date, datetime

from tongban.identity.rules import Ground, NumberKind, Power, Scope
from tongban.kernel.acting import Assurance


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRef:
    """A registered person."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCard:
    """A person in the clear: whoever asks for it records the look. Left out of its repr.

    Of one who was erased 清除 nothing is left but the id: every text is empty.
    """

    id: str
    name: str = field(repr=False)
    number_kind: NumberKind
    number: str = field(repr=False)
    phone: str = field(repr=False)
    assurance: Assurance
    masked_name: str
    masked_number: str
    erased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSession:
    """What a signed cookie is held against: another epoch, or not active = signed out."""

    epoch: int
    assurance: Assurance
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PostView:
    """A post as it is held on a day."""

    id: str
    staff_id: str
    staff_name: str
    place_id: str
    agency_id: str | None
    office_id: str | None
    title: str
    title_en: str
    powers: frozenset[Power]


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateView:
    """A mandate; in force from ``starts_on`` to ``ends_on``, both included, unless withdrawn."""

    id: str
    place_id: str
    principal_id: str
    agent_id: str
    scope: Scope
    starts_on: date
    ends_on: date
    granted_at: datetime
    withdrawn_at: datetime | None
    ground: Ground
    document_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeStatement:
    """What a person's home node says of them to another one. Left out of its repr.

    ``subject`` is what it calls the person towards that node alone; ``assurance`` that of their
    login there, at ``logged_in_at``.
    """

    subject: str = field(repr=False)
    name: str = field(repr=False)
    number_kind: NumberKind
    number: str = field(repr=False)
    assurance: Assurance
    logged_in_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """Who has come in from another node, and how sure this node is of it."""

    person_id: str
    assurance: Assurance
