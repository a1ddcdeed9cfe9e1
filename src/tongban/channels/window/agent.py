"""Somebody applies for another with a letter of authority 授权委托书 on paper."""

from datetime import date

from django.core.files.uploadedfile import UploadedFile
from django.utils.timezone import localdate

from tongban.cases.errors import PresenceMissing
from tongban.channels.idempotency import form_key
from tongban.channels.visitor import Request
from tongban.channels.window.errors import LetterMissing
from tongban.channels.window.page import post_of
from tongban.documents import api as documents
from tongban.documents import errors as documents_errors
from tongban.identity import api as identity
from tongban.identity import errors as identity_errors
from tongban.kernel import clock
from tongban.kernel.acting import Channel, Presence
from tongban.kernel.canonical import canonical_bytes
from tongban.kernel.errors import Refusal
from tongban.vault import api as vault
from tongban.work import api as work

NAMES = (
    "agent_name",
    "agent_number",
    "agent_phone",
    "agent_letter",
    "agent_until",
    "agent_seen",
)

CONTROLS: dict[type[Refusal], str] = {
    documents_errors.TooLarge: "agent_letter",
    documents_errors.Empty: "agent_letter",
    documents_errors.UnsupportedType: "agent_letter",
    documents_errors.Disguised: "agent_letter",
    documents_errors.BadName: "agent_letter",
    documents_errors.ActiveContent: "agent_letter",
    LetterMissing: "agent_letter",
    identity_errors.MandateRefused: "agent_until",
    PresenceMissing: "agent_seen",
}


def named(request: Request) -> bool:
    """Tell whether the form names an agent: any of the agent's boxes holds something."""
    typed = any(request.POST.get(name, "").strip() for name in NAMES)
    return typed or "agent_letter" in request.FILES


def grant(request: Request, applicant: str, helper: str, matter_code: str) -> str:
    """Note the letter of authority as a mandate for this matter; return the mandate's id.

    The same form sent twice notes it once. PresenceMissing, LetterMissing, identity's
    MandateRefused, the documents' refusals of the scan.
    """
    if request.POST.get("agent_seen") != "true":
        raise PresenceMissing
    letter, until = request.FILES.get("agent_letter"), _day(request.POST.get("agent_until", ""))
    if not isinstance(letter, UploadedFile) or until is None:
        raise LetterMissing
    scope = f"window.mandate:{post_of(request).staff_id}"
    key = form_key(request)
    asked = {
        "principal": applicant,
        "agent": helper,
        "matter": matter_code,
        "until": until.isoformat(),
    }
    digest = vault.blind_index(purpose="idempotency", value=canonical_bytes(asked).hex())
    first = work.claim_key(scope=scope, key=key, digest=digest)
    if first is not None:
        return str(first["mandate_id"])
    document_id = _keep(request, applicant, letter)
    mandate_id = identity.grant_mandate(
        acting=request.visitor.acting(
            Channel.WINDOW, on_behalf_of=applicant, presence=Presence.DOCUMENT_SEEN
        ),
        principal_id=applicant,
        agent_id=helper,
        scope=identity.Scope(identity.ScopeKind.MATTER, matter_code),
        starts_on=localdate(clock.now()),
        ends_on=until,
        ground=identity.Ground.PAPER,
        document_id=document_id,
    ).id
    work.settle_key(scope=scope, key=key, answer={"mandate_id": mandate_id})
    return mandate_id


def _keep(request: Request, applicant: str, letter: "UploadedFile[bytes]") -> str:
    return documents.take(
        place_id=post_of(request).place_id,
        owner=("person", applicant),
        key=_key(post_of(request).place_id, applicant),
        key_person=applicant,
        key_case=None,
        stream=letter.chunks(),
        filename=letter.name or "",
    ).id


def _key(place_id: str, person_id: str) -> vault.DataKey:
    try:
        return vault.keys_of(person_ids=[person_id])[person_id]
    except ValueError:  # several places keep something of this person's; this one does too
        return vault.make_key(place_id=place_id, person_id=person_id)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
