"""Taking a step that the receiving office's node asks for: the same verbs, the same checks."""

from collections.abc import Callable
from typing import Any

from tongban.cases import access
from tongban.cases.actions.correction import Wanted, ask_correction, correct
from tongban.cases.actions.decision import deliver
from tongban.cases.actions.ending import void, withdraw
from tongban.cases.crossing import files
from tongban.cases.crossing.speaking import spoken
from tongban.cases.crossing.standing import BY_PERSONS
from tongban.cases.errors import CaseNotFound, NotProposable
from tongban.cases.models import Case, CaseAbroad
from tongban.cases.transitions import State, Verb
from tongban.federation import api as federation
from tongban.identity import api as identity
from tongban.kernel.acting import Acting, ActorKind, Channel, Presence
from tongban.vault import api as vault

_WINDOW_POWERS = frozenset(
    {identity.Power.RECEIVE, identity.Power.DELIVER_RESULT, identity.Power.VOID}
)
"""What the other node may vouch for: its window's part, which the agreement bounds further."""


def _ask(*, wanted: list[dict[str, str]], **at: Any) -> Any:  # noqa: ANN401 - as the verb's
    return ask_correction(wanted=[Wanted(**one) for one in wanted], **at)


_STEPS: dict[Verb, Callable[..., Any]] = {
    Verb.ASK_CORRECTION: _ask,
    Verb.CORRECT: correct,
    Verb.DELIVER: deliver,
    Verb.WITHDRAW: withdraw,
    Verb.VOID: void,
}


def take_proposed(message: federation.Message) -> None:
    """Take a step of a case that we order, as asked by the node of its window.

    CaseNotFound for a case that it has no part in, NotProposable for a step that isn't its to ask,
    Stale if the case has moved on since it was told, and what the verb refuses.
    """
    data = message.data
    # Locked in the order of every verb, case first: what stands beside it is written here too.
    case = Case.objects.select_for_update().filter(pk=data["case_id"]).first()
    abroad = None if case is None else CaseAbroad.objects.filter(case_id=case.id).first()
    if case is None or abroad is None or not abroad.ordered_here or abroad.node != message.sender:
        raise CaseNotFound
    if message.lane != case.id:
        raise CaseNotFound
    verb = Verb(data["verb"])
    if verb not in _STEPS:
        raise NotProposable(verb=verb.value)
    acting = spoken(data["acting"], case, sender=message.sender, persons=abroad.persons)
    if acting.actor_kind is ActorKind.PERSON and (
        verb not in BY_PERSONS
        or acting.channel is not Channel.PORTAL
        or acting.presence is not Presence.LOGIN
    ):
        raise NotProposable(verb=verb.value)
    if data["files"]:
        if verb is not Verb.CORRECT or case.state != State.CORRECTING.value:
            raise NotProposable(verb=verb.value)
        key = vault.key_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
        files.put(case, data["files"], message, key)
        abroad.told_files = sorted({*abroad.told_files, *(one["id"] for one in data["files"])})
        abroad.save(update_fields=["told_files"])
    with access.vouched(_post(acting, case)):
        _STEPS[verb](
            acting=acting,
            case_id=case.id,
            seq=data["seq"],
            key=f"{message.sender}:{data['key']}",
            **data["request"],
        )


def _post(acting: Acting, case: Case) -> identity.PostView | None:
    """Return the post that the other node vouches for: at its own window, with no more power."""
    if acting.actor_kind is not ActorKind.STAFF:
        return None
    if (
        acting.post_id is None
        or case.receiving_office_id is None
        or case.receiving_place_id is None
    ):
        raise CaseNotFound
    return identity.PostView(
        id=acting.post_id,
        staff_id=acting.actor_id,
        staff_name="",
        place_id=case.receiving_place_id,
        agency_id=None,
        office_id=case.receiving_office_id,
        title="",
        title_en="",
        powers=_WINDOW_POWERS,
    )
