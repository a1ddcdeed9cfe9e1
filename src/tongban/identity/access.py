"""Who may give and end a mandate."""

from tongban.identity.queries.days import today
from tongban.identity.queries.staff import post
from tongban.identity.rules import Ground, Power
from tongban.kernel.acting import Acting, ActorKind, Channel, Presence


def may_grant(acting: Acting, *, principal_id: str, ground: Ground) -> bool:
    """Tell whether this act can be the principal's own giving of power.

    Online only the principal, as themself: an agent can't pass the power on (民法典 art. 169
    wants the principal's consent). On paper a staff member on a post, acting for the principal,
    who has seen the papers of whoever stands at the counter; that may be the agent.
    """
    if ground is Ground.ONLINE:
        return _is_self(acting, principal_id)
    return _at_counter(acting, principal_id)


def may_withdraw(acting: Acting, *, principal_id: str, agent_id: str) -> bool:
    """Tell whether this act may end a mandate.

    The principal may take it back and the agent may give it up (民法典 art. 173), each as
    themself or before a staff member.
    """
    return any(
        _is_self(acting, one) or _at_counter(acting, one) for one in (principal_id, agent_id)
    )


def _is_self(acting: Acting, person_id: str) -> bool:
    return (
        acting.actor_kind is ActorKind.PERSON
        and acting.actor_id == person_id
        and acting.on_behalf_of in {None, person_id}
        and acting.mandate_id is None
    )


def _at_counter(acting: Acting, person_id: str) -> bool:
    return (
        acting.actor_kind is ActorKind.STAFF
        and acting.post_id is not None
        and acting.on_behalf_of == person_id
        and acting.presence in {Presence.DOCUMENT_SEEN, Presence.FACE_COMPARED}
    )


def may_erase(acting: Acting) -> bool:
    """Tell whether this act may erase a person: the operator's alone, at the command line."""
    return acting.actor_kind is ActorKind.SYSTEM and acting.channel is Channel.COMMAND


def may_stand_there(acting: Acting) -> bool:
    """Tell whether staff act from a post of their own, held today, with the power to receive.

    True for anybody else. One statement for staff; PostMissing, PostEnded.
    """
    if acting.actor_kind is not ActorKind.STAFF or acting.post_id is None:
        return acting.actor_kind is not ActorKind.STAFF
    held = post(acting.post_id, today())
    return held.staff_id == acting.actor_id and Power.RECEIVE in held.powers
