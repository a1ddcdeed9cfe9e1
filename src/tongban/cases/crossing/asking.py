"""Asking the node that orders a case for a step of this node's window or applicant 提请."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Max

from tongban.cases.crossing import files
from tongban.cases.crossing.packing import Json
from tongban.cases.errors import AskedAlready, NotProposable
from tongban.cases.models import Case, CaseAbroad, Proposal
from tongban.cases.transitions import Verb
from tongban.federation import api as federation
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind
from tongban.vault import api as vault

PROPOSED = "case.proposed"
BY_PERSONS = frozenset({Verb.CORRECT, Verb.WITHDRAW})
"""What is asked in the name of who logged in here; for the rest a window sees them."""


def propose(
    case: Case,
    abroad: CaseAbroad,
    *,
    verb: Verb,
    acting: Acting,
    request: Mapping[str, Any],
    key: str,
) -> None:
    """Ask for a step after the case's last event here; AskedAlready while one is asked for.

    The caller has made sure that it could be taken here. ``key`` is the attempt's: asked twice, it
    is done once there too.
    """
    if Proposal.objects.filter(case_id=case.id, answered_at=None).exists():
        raise AskedAlready(node=abroad.node)
    if acting.actor_kind is ActorKind.PERSON and verb not in BY_PERSONS:
        raise NotProposable(verb=verb.value)
    told, to_fetch = _files(case, abroad) if verb is Verb.CORRECT else ([], [])
    message_id = federation.send(
        to=abroad.node,
        kind=PROPOSED,
        lane=case.id,
        data={
            "case_id": case.id,
            "verb": verb.value,
            "seq": case.seq,
            "acting": acting.as_json(),
            "request": dict(request),
            "key": key,
            "files": told,
        },
        files=to_fetch,
    )
    Proposal.objects.create(
        id=message_id,
        case_id=case.id,
        verb=verb.value,
        seq=case.seq,
        at=clock.now(),
        acting=acting.as_json(),
    )


def _files(case: Case, abroad: CaseAbroad) -> tuple[list[Json], list[federation.FileRef]]:
    """Return the files of the case; to be fetched are those that the other node can't have yet."""
    taken = Proposal.objects.filter(
        case_id=case.id, verb=Verb.CORRECT.value, answered_at__isnull=False, refused=""
    )
    after = taken.aggregate(last=Max("at"))["last"] or abroad.handed_at
    key = vault.key_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
    return files.packed(case, key, after=after)


def answered(answer: federation.Answer) -> None:
    """Note whether the step was taken; what came of it the other node tells as an event."""
    waiting = Proposal.objects.filter(pk=answer.message_id, answered_at=None)
    waiting.update(answered_at=clock.now(), refused="" if answer.taken else answer.code)
