"""Who does something, for whom, by which power, and how sure we are of it.

``Acting`` goes with every verb and into every event. A clerk who acts for a citizen is the
actor; the citizen is ``on_behalf_of``; the two are never the same field.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Self


class ActorKind(StrEnum):
    """What kind of actor: decides which table ``actor_id`` points into."""

    PERSON = "person"
    STAFF = "staff"
    SYSTEM = "system"
    NODE = "node"


class Channel(StrEnum):
    """Through which door the act came."""

    PORTAL = "portal"
    WINDOW = "window"
    DESK = "desk"
    API = "api"
    WORKER = "worker"
    COMMAND = "command"


class Presence(StrEnum):
    """How it was established that the person was there 到场核验, strongest last."""

    NONE = "none"
    LOGIN = "login"
    DOCUMENT_SEEN = "document_seen"
    FACE_COMPARED = "face_compared"


class Assurance(IntEnum):
    """How sure we are who the person is 实名等级 (Zhejiang's three levels of 2019)."""

    ANONYMOUS = 1
    BASIC = 2
    HIGH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """One act's actor.

    ``actor_id`` is a person's, a staff member's, a system's or a node's id; ``post_id`` the post
    a staff member acts from; ``on_behalf_of`` the person represented; ``mandate_id`` the power
    by which a person acts for another. ``presence`` and ``assurance`` are those of the person
    concerned: of the actor, or of the one represented at a counter.
    """

    actor_kind: ActorKind
    actor_id: str
    channel: Channel
    post_id: str | None = None
    on_behalf_of: str | None = None
    mandate_id: str | None = None
    presence: Presence = Presence.NONE
    assurance: Assurance = Assurance.ANONYMOUS

    def as_json(self) -> dict[str, str | int | None]:
        """Return the fields as they stand in an event; no personal data, only ids."""
        return {
            "actor_kind": self.actor_kind.value,
            "actor_id": self.actor_id,
            "channel": self.channel.value,
            "post_id": self.post_id,
            "on_behalf_of": self.on_behalf_of,
            "mandate_id": self.mandate_id,
            "presence": self.presence.value,
            "assurance": int(self.assurance),
        }

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> Self:
        """Return what ``as_json`` made a mapping of; ValueError, KeyError for anything else."""
        return cls(
            actor_kind=ActorKind(data["actor_kind"]),
            actor_id=data["actor_id"],
            channel=Channel(data["channel"]),
            post_id=data["post_id"],
            on_behalf_of=data["on_behalf_of"],
            mandate_id=data["mandate_id"],
            presence=Presence(data["presence"]),
            assurance=Assurance(data["assurance"]),
        )

    @property
    def person_id(self) -> str | None:
        """The person whose matter this is: the one represented, else the actor if a person."""
        if self.on_behalf_of is not None:
            return self.on_behalf_of
        return self.actor_id if self.actor_kind is ActorKind.PERSON else None


OPERATOR = Acting(actor_kind=ActorKind.SYSTEM, actor_id="operator", channel=Channel.COMMAND)
"""Whoever holds the node's command line. It asks for no name, so none is claimed in evidence."""
