"""What a form's sender needs to know of a case, without opening its file."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from tongban.agreements.api import Act
from tongban.agreements.errors import AgreementEnded, NoAgreement
from tongban.cases import access
from tongban.cases.crossing import standing
from tongban.cases.errors import CaseNotFound
from tongban.cases.models import Case
from tongban.cases.rules import silent
from tongban.cases.transitions import MODES, TABLE, Side, State, Verb, verbs_after
from tongban.kernel.acting import Acting
from tongban.matters import api as matters
from tongban.work import api as work

_ONE = work.Read(Case, 1, lambda case_id: Case.objects.filter(pk=case_id))


def case_of(case_id: str) -> Case:
    """Return the header; CaseNotFound if there is none. One statement."""
    case = _ONE.instance(case_id)
    if case is None:
        raise CaseNotFound
    return case


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHead:
    """Where a case stands and what its form asks for; nothing readable, so reading is no look.

    ``draft`` is the sealed form of a draft, None once it was handed in.
    """

    id: str
    place_id: str
    number: str | None
    seq: int
    state: State
    mode: str
    edition: matters.EditionView
    applicant_id: str
    mandate_id: str | None
    draft: bytes | None
    verbs: frozenset[Verb]


def case_head(*, acting: Acting, case_id: str) -> CaseHead:
    """Return the head of a case; CaseNotFound if it is not for these eyes.

    One statement for the applicant, two for staff of the agency or an agent, three for a window.
    """
    case = case_of(case_id)
    who = access.viewer(acting)
    side = access.side_of(who, case)
    return CaseHead(
        id=case.id,
        place_id=case.place_id,
        number=case.number,
        seq=case.seq,
        state=State(case.state),
        mode=case.mode,
        edition=matters.edition(case.edition_id),
        applicant_id=case.applicant_id,
        mandate_id=case.mandate_id,
        draft=None if case.draft_form is None else bytes(case.draft_form),
        verbs=verbs_now(who, side, case),
    )


def draft_mark(draft: bytes, document_ids: Iterable[str]) -> str:
    """Return what tells a draft and its papers from what they were before any change.

    Each time it is kept, a form is sealed under a fresh nonce: the mark changes, and tells nothing.
    """
    mark = hashlib.sha256(draft)
    for document_id in sorted(document_ids):
        mark.update(document_id.encode())
    return mark.hexdigest()


def verbs_now(who: access.Viewer, side: Side, case: Case) -> frozenset[Verb]:
    """Return the verbs that the viewer can use now, so that screens offer no dead button.

    No statement but for a window: one, two for a draft; and those of a case at two nodes.
    """
    verbs = frozenset(
        verb
        for verb in verbs_after(State(case.state))
        if access.may(who, side, TABLE[verb]) and MODES.get(verb, case.mode) == case.mode
    )
    if case.papers_at is not None:  # they came once, and started the five days once
        verbs -= {Verb.ARRIVE}
    if silent(case.silence_on, who.today):  # accepted by law: that can only be confirmed
        verbs -= {Verb.ASK_CORRECTION, Verb.DECLINE}
    verbs = standing.offered(case, side, verbs)
    if side is not Side.WINDOW:
        return verbs
    bound = {verb for verb in verbs if verb in access.WINDOW_ACTS}
    acts = {now: _acts(who, case, now=now) for now in {verb in access.OPENED_NOW for verb in bound}}
    return frozenset(
        verb
        for verb in verbs
        if verb not in bound or access.WINDOW_ACTS[verb] in acts[verb in access.OPENED_NOW]
    )


def _acts(who: access.Viewer, case: Case, *, now: bool) -> frozenset[Act]:
    """Return the acts that the window is granted, by today or by the day the case began."""
    try:
        return access.opening_of(case, who.today, Verb.RECEIVE if now else Verb.WITHDRAW).acts
    except (NoAgreement, AgreementEnded):
        return frozenset()
