"""For whom another node may speak: its own people, and those whom the case is about."""

from collections.abc import Collection, Mapping

from tongban.cases.crossing.packing import Json, renamed
from tongban.cases.errors import ActingForeign
from tongban.cases.models import Case, Proposal
from tongban.cases.rules import day_of
from tongban.federation import api as federation
from tongban.identity import api as identity
from tongban.identity.errors import PostEnded, PostMissing
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind


def spoken(
    acting: Mapping[str, object], case: Case, *, sender: str, persons: Mapping[str, str]
) -> Acting:
    """Return who did something there, with our ids of people; ActingForeign.

    Staff of this node act here alone: the other node names one only where it did what they asked.
    People are those of the case.
    """
    found = Acting.of_json(renamed(acting, persons))
    people = {case.applicant_id, case.agent_id}
    if found.on_behalf_of is not None and found.on_behalf_of not in people:
        raise ActingForeign
    match found.actor_kind:
        case ActorKind.PERSON:
            fits = found.actor_id in people
        case ActorKind.STAFF:
            fits = not _is_ours(found) or _asked(found, case)
        case ActorKind.SYSTEM:
            fits = found.actor_id.startswith(f"{sender}.")
        case ActorKind.NODE:
            fits = found.actor_id == sender
    if not fits:
        raise ActingForeign
    return found


def _is_ours(acting: Acting) -> bool:
    """Tell whether a member of staff acts from a post of this node."""
    if acting.post_id is None:
        return True
    try:
        post = identity.post(acting.post_id, on=day_of(clock.now()))
    except PostEnded:
        return True
    except PostMissing:
        return False
    return federation.hosts(post.place_id)


def _asked(acting: Acting, case: Case) -> bool:
    asked = Proposal.objects.filter(case_id=case.id).values_list("acting", flat=True)
    return acting.as_json() in list(asked)


def spoken_papers(
    papers: Collection[Json], case: Case, *, sender: str, persons: Mapping[str, str]
) -> None:
    """Make sure of who moved papers there; ActingForeign."""
    for paper in papers:
        for move in paper["moves"]:
            spoken(move["acting"], case, sender=sender, persons=persons)
