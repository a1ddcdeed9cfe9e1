"""What another node signed is taken: a text laid before us, a signature under it, or its end."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate

from tongban.agreements.actions.load import put_agreements
from tongban.agreements.actions.rows import AgreementRow
from tongban.agreements.actions.signing import locked, note
from tongban.agreements.actions.waiting import await_signatures, signers
from tongban.agreements.errors import (
    EndUnfit,
    NothingToSign,
    SignatureUnfit,
    SignedTwice,
    SignerForeign,
    TextDiffers,
)
from tongban.agreements.messages import STATEMENT, digest_of, row_of, text_of
from tongban.agreements.models import Agreement, Signature
from tongban.agreements.rules import AgreementState, Purpose
from tongban.federation import api as federation
from tongban.kernel.acting import Acting, ActorKind, Channel
from tongban.kernel.wire import moment, optional_day
from tongban.places import api as places


def take_signed(message: federation.Message) -> None:
    """Take another node's signature; a text that is new here waits for ours.

    SignatureUnfit, SignerForeign, TextDiffers, SignedTwice, NothingToSign, EndUnfit, EndDiffers,
    or what a load refuses of a text; nothing is written then.
    """
    row = _row(message)
    text = text_of(message.data["terms"])
    signature = _signature(row, text, message)
    for each in row.party_ids:
        places.place(each)
    if message.sender not in signers(row.party_ids):
        raise SignerForeign(node=message.sender, agreement_id=row.id)
    by = Acting(actor_kind=ActorKind.NODE, actor_id=message.sender, channel=Channel.API)
    await_signatures(acting=by)
    if signature.purpose == Purpose.START and not Agreement.objects.filter(pk=row.id).exists():
        put_agreements([replace(row, state=AgreementState.WAITING)], apply=True, acting=by)
    held = locked(row.id)
    if held.terms != text:
        raise TextDiffers(agreement_id=row.id)
    _check(held, signature)
    note(held, signature, by)


def _row(message: federation.Message) -> AgreementRow:
    try:
        row = row_of(message.data["terms"])
    except ValueError:
        raise SignatureUnfit(agreement_id=message.data["terms"]["id"]) from None
    if message.lane != row.id:
        raise SignatureUnfit(agreement_id=row.id)
    return row


def _signature(row: AgreementRow, text: str, message: federation.Message) -> Signature:
    """Return what was signed, made sure to be this text's; federation's EnvelopeUnfit too."""
    said = federation.attested(message.data["signature"], by=message.sender)
    expected = {"statement": "agreement", "agreement": row.id, "digest": digest_of(text)}
    if set(said) != STATEMENT or any(said[name] != value for name, value in expected.items()):
        raise SignatureUnfit(agreement_id=row.id)
    try:
        purpose, ends_on, at = _read(said)
    except (ValueError, TypeError):
        raise SignatureUnfit(agreement_id=row.id) from None
    if ends_on is not None and ends_on < localdate(at):
        raise EndUnfit(agreement_id=row.id, ends_on=str(ends_on))
    return Signature(
        agreement_id=row.id,
        node=message.sender,
        purpose=purpose.value,
        ends_on=ends_on,
        signed_at=at,
        text=message.data["signature"],
    )


def _read(said: dict[str, Any]) -> tuple[Purpose, date | None, datetime]:
    purpose, ends_on = Purpose(said["purpose"]), optional_day(said["ends_on"])
    if (purpose is Purpose.END) != (ends_on is not None):
        raise ValueError(said["ends_on"])
    return purpose, ends_on, moment(said["time"])


def _check(held: Agreement, signature: Signature) -> None:
    """Refuse what this node has signed by them already, and what doesn't wait for it."""
    of_theirs = Signature.objects.filter(
        agreement_id=held.id, node=signature.node, purpose=signature.purpose
    )
    if any(not row.refused for row in of_theirs):
        raise SignedTwice(node=signature.node, agreement_id=held.id)
    start = signature.purpose == Purpose.START
    if held.state != (AgreementState.WAITING if start else AgreementState.IN_FORCE):
        raise NothingToSign(agreement_id=held.id)
