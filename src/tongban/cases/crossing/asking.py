"""Asking the node that orders a case for a step of this node's window or applicant 提请."""

from collections.abc import Mapping
from typing import Any

from tongban.cases.crossing import files
from tongban.cases.crossing.packing import Json
from tongban.cases.crossing.standing import BY_PERSONS
from tongban.cases.errors import AskedAlready, NotProposable
from tongban.cases.models import Case, CaseAbroad, Proposal
from tongban.cases.transitions import Verb
from tongban.federation import api as federation
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind
from tongban.vault import api as vault

PROPOSED = "case.proposed"


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
    there = set(abroad.told_files)
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
        files=[one["id"] for one in told if one["id"] not in there],
    )


def _files(case: Case, abroad: CaseAbroad) -> tuple[list[Json], list[federation.FileRef]]:
    """Return the files of the case; to be fetched are those that the other node can't have yet."""
    key = vault.key_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
    return files.packed(case, key, there=set(abroad.told_files))


def answered(answer: federation.Answer) -> None:
    """Note whether the step was taken; what came of it the other node tells as an event.

    The files that went with it are there from then on, and not before.
    """
    Case.objects.select_for_update().filter(pk=answer.lane).first()  # before what stands beside it
    abroad = CaseAbroad.objects.filter(case_id=answer.lane).first()
    waiting = Proposal.objects.filter(pk=answer.message_id, answered_at=None).first()
    if abroad is None or waiting is None:
        return
    waiting.answered_at, waiting.refused = clock.now(), "" if answer.taken else answer.code
    waiting.save(update_fields=["answered_at", "refused"])
    if answer.taken and waiting.files:
        abroad.told_files = sorted({*abroad.told_files, *waiting.files})
        abroad.save(update_fields=["told_files"])
