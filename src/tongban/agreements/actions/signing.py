"""An agreement of two nodes begins, and ends, when each has signed it."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate

from tongban.agreements.actions.entries import record_signature, record_standing
from tongban.agreements.actions.load import put_agreements
from tongban.agreements.actions.rows import AgreementRow
from tongban.agreements.actions.waiting import await_signatures, parties_of, signers
from tongban.agreements.errors import (
    EndDiffers,
    EndUnfit,
    NoAgreement,
    NothingToSign,
    SignedTwice,
)
from tongban.agreements.messages import SIGNED, digest_of
from tongban.agreements.models import Agreement, Signature
from tongban.agreements.rules import AgreementState, Purpose, last_day
from tongban.federation import api as federation
from tongban.kernel import clock
from tongban.kernel.acting import Acting
from tongban.kernel.canonical import read_canonical
from tongban.kernel.wire import plain


def propose(row: AgreementRow, *, acting: Acting) -> None:
    """Write an agreement between places of several nodes down, sign it and lay it before them.

    What a load refuses; NothingToSign where no other node has a part in it.
    """
    with transaction.atomic():
        put_agreements([row], apply=True, acting=acting)
        sign(agreement_id=row.id, acting=acting)


def sign(*, agreement_id: str, acting: Acting) -> None:
    """Sign what waits for this node: the agreement, or the end of which the other gave notice.

    Once the other has refused it, the same signature is sent again. NoAgreement, NothingToSign,
    SignedTwice, federation's NoDocument.
    """
    with transaction.atomic():
        await_signatures(acting=acting)
        held = locked(agreement_id)
        if held.terms and held.state == AgreementState.WAITING:
            _sign(held, Purpose.START, None, acting)
            return
        notice = Signature.objects.filter(agreement_id=held.id, purpose=Purpose.END).first()
        if not held.terms or held.state != AgreementState.IN_FORCE or notice is None:
            raise NothingToSign(agreement_id=held.id)
        _sign(held, Purpose.END, notice.ends_on, acting)


def end(*, agreement_id: str, on: date, acting: Acting) -> None:
    """Give notice that an agreement ends with a day, the last on which it holds; or agree to it.

    NoAgreement, NothingToSign where it isn't in force between nodes, EndUnfit, EndDiffers where
    the other named another day, SignedTwice.
    """
    with transaction.atomic():
        held = locked(agreement_id)
        if not held.terms or held.state != AgreementState.IN_FORCE:
            raise NothingToSign(agreement_id=held.id)
        if on < localdate(clock.now()):
            raise EndUnfit(agreement_id=held.id, ends_on=str(on))
        _sign(held, Purpose.END, on, acting)


def locked(agreement_id: str) -> Agreement:
    """Return an agreement, nobody else's to change until the transaction ends; NoAgreement."""
    found = Agreement.objects.select_for_update().filter(pk=agreement_id).first()
    if found is None:
        raise NoAgreement
    return found


def _sign(held: Agreement, purpose: Purpose, ends_on: date | None, acting: Acting) -> None:
    parties = parties_of(held.id)
    others = signers(parties) - {settings.NODE}
    if not others:
        raise NothingToSign(agreement_id=held.id)
    mine = Signature.objects.filter(
        agreement_id=held.id, node=settings.NODE, purpose=purpose
    ).first()
    if mine is not None and not mine.refused:
        raise SignedTwice(node=settings.NODE, agreement_id=held.id)
    if mine is not None and mine.ends_on == ends_on:
        _send(held, mine, set(mine.refused))
        return
    if mine is not None:
        mine.delete()
    note(held, _made(held, purpose, ends_on), acting, send_to=others)


def _made(held: Agreement, purpose: Purpose, ends_on: date | None) -> Signature:
    now = clock.now()
    text = federation.attest(
        {
            "statement": "agreement",
            "agreement": held.id,
            "digest": digest_of(held.terms),
            "purpose": purpose.value,
            "ends_on": plain(ends_on),
        },
        at=now,
    )
    return Signature(
        agreement_id=held.id,
        node=settings.NODE,
        purpose=purpose.value,
        ends_on=ends_on,
        signed_at=now,
        text=text,
    )


def _send(held: Agreement, signature: Signature, to: set[str] | frozenset[str]) -> None:
    data: dict[str, Any] = {
        "terms": read_canonical(held.terms.encode()),
        "signature": signature.text,
    }
    for node in sorted(to):
        signature.sent[node] = federation.send(to=node, kind=SIGNED, lane=held.id, data=data)
        signature.refused.pop(node, None)
    signature.save()


def note(
    held: Agreement,
    signature: Signature,
    acting: Acting,
    *,
    send_to: frozenset[str] = frozenset(),
) -> None:
    """Keep a signature, of this node or another, and let take effect what all have signed.

    EndUnfit where the day lies beyond the agreement's own, EndDiffers where another was named.
    """
    if signature.ends_on is not None:
        _check_end(held, signature)
    signature.save(force_insert=True)
    parties = parties_of(held.id)
    record_signature(held, parties[0], signature, acting)
    _send(held, signature, send_to)
    of_all = Signature.objects.filter(agreement_id=held.id, purpose=signature.purpose)
    signed = {row.node: row for row in of_all}
    if not signers(parties) or not signers(parties) <= signed.keys():
        return
    if signature.purpose == Purpose.START:
        held.state = AgreementState.IN_FORCE.value
        kind = "agreement.published"
    else:
        _end(held, signature, [localdate(row.signed_at) for row in signed.values()])
        kind = "agreement.ended"
    held.save(update_fields=["state", "ends_on"])
    record_standing(held, parties[0], acting, kind=kind)


def _check_end(held: Agreement, signature: Signature) -> None:
    if signature.ends_on is None or (held.ends_on is not None and signature.ends_on > held.ends_on):
        raise EndUnfit(agreement_id=held.id, ends_on=str(signature.ends_on))
    others = Signature.objects.filter(agreement_id=held.id, purpose=Purpose.END)
    for other in others.exclude(ends_on=signature.ends_on):
        if not other.refused:
            raise EndDiffers(agreement_id=held.id, ends_on=str(other.ends_on))
        other.delete()  # it was never taken: it binds nobody


def _end(held: Agreement, signature: Signature, signed_on: list[date]) -> None:
    """Set the last day; one that never began is over at once."""
    day = last_day(signature.ends_on or held.starts_on, signed_on, held.ends_on)
    held.ends_on = max(day, held.starts_on)
    if day < held.starts_on:
        held.state = AgreementState.ENDED.value


def answered(answer: federation.Answer) -> None:
    """Note that another node refused a signature of ours."""
    if answer.taken:
        return
    mine = Signature.objects.select_for_update().filter(
        agreement_id=answer.lane, node=settings.NODE
    )
    for row in mine:
        if row.sent.get(answer.to) == answer.message_id:
            row.refused[answer.to] = answer.code
            row.save(update_fields=["refused"])
