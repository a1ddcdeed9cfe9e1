"""Who is on the other side of a request: nobody, a person, or a staff member at a post.

>>> NOBODY.kind
<VisitorKind.NOBODY: 'nobody'>
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from tongban.channels.errors import LoginRequired
from tongban.identity.api import PostView, Power
from tongban.kernel.acting import Acting, ActorKind, Assurance, Channel, Presence

_AT_COUNTER = {
    Presence.DOCUMENT_SEEN: Assurance.HIGH,
    Presence.FACE_COMPARED: Assurance.HIGH,
}
"""Assurance of the one represented at a counter. Zhejiang's levels of 2019 count the counter as
level 3; anything weaker than a document seen proves nothing about who stands there."""


class VisitorKind(StrEnum):
    """Which of the three; decides which fields of ``Visitor`` are set."""

    NOBODY = "nobody"
    PERSON = "person"
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """One request's visitor. ``person_id`` is set for a person, ``post`` for staff.

    ``assurance`` is the person's; staff and nobody stand at ``ANONYMOUS``, because the level
    speaks of the person a matter concerns, never of the official. ``home`` is the node with whose
    account a person has come, "" for this one's own; ``since`` when they logged in.
    """

    kind: VisitorKind
    person_id: str | None = None
    post: PostView | None = None
    assurance: Assurance = Assurance.ANONYMOUS
    home: str = ""
    since: datetime | None = None

    @property
    def is_nobody(self) -> bool:
        """Tell whether nobody is logged in."""
        return self.kind is VisitorKind.NOBODY

    @property
    def is_person(self) -> bool:
        """Tell whether a person is logged in."""
        return self.kind is VisitorKind.PERSON

    @property
    def is_staff(self) -> bool:
        """Tell whether a staff member is logged in."""
        return self.kind is VisitorKind.STAFF

    def holds(self, *powers: Power) -> bool:
        """Tell whether this is staff with at least one of ``powers``; with none named, any staff.

        This opens a page only. Whether the power reaches one case is the owning app's rule.
        """
        if self.post is None:
            return False
        return not powers or not self.post.powers.isdisjoint(powers)

    def acting(
        self,
        channel: Channel,
        on_behalf_of: str | None = None,
        mandate_id: str | None = None,
        presence: Presence | None = None,
    ) -> Acting:
        """Return the Acting that goes with a verb.

        A person acts with presence ``LOGIN`` unless told otherwise, staff with ``NONE`` until a
        document was seen or a face compared. Raises LoginRequired for nobody.
        """
        if self.post is not None:
            seen = Presence.NONE if presence is None else presence
            return Acting(
                actor_kind=ActorKind.STAFF,
                actor_id=self.post.staff_id,
                post_id=self.post.id,
                channel=channel,
                on_behalf_of=on_behalf_of,
                mandate_id=mandate_id,
                presence=seen,
                assurance=_AT_COUNTER.get(seen, Assurance.ANONYMOUS),
            )
        if self.person_id is None:
            raise LoginRequired
        return Acting(
            actor_kind=ActorKind.PERSON,
            actor_id=self.person_id,
            channel=channel,
            on_behalf_of=on_behalf_of,
            mandate_id=mandate_id,
            presence=Presence.LOGIN if presence is None else presence,
            assurance=self.assurance,
        )


NOBODY = Visitor(kind=VisitorKind.NOBODY)


class Request(HttpRequest):
    """What a view receives, for the type checker: the middleware has set these two."""

    visitor: Visitor
    htmx: HtmxDetails


def visitor_of(request: HttpRequest) -> Visitor:
    """Return the request's visitor; nobody when it failed before the visitor was set."""
    found: Visitor = getattr(request, "visitor", NOBODY)
    return found
