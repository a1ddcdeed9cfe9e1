"""Moves of a paper. Each may be asked for again with the same ``seq``: it is made once."""

from datetime import date

from django.utils.timezone import localdate

from tongban.delivery.actions import changes
from tongban.delivery.actions.moving import Request, move
from tongban.delivery.errors import ExpectedByPast, WaybillInvalid
from tongban.delivery.models import CustodyItem
from tongban.delivery.queries import ItemView
from tongban.delivery.rules import Holder, HolderKind, Verb, is_waybill
from tongban.kernel import clock, workdays
from tongban.kernel.acting import Acting
from tongban.kernel.ids import MAX_LENGTH
from tongban.places import api as places
from tongban.vault import api as vault


def prepare(
    *, acting: Acting, item_id: str, seq: int, to: Holder, key: vault.DataKey, note: str = ""
) -> ItemView:
    """Make a paper ready to be sent 待寄送, to an office, an agency or a person. By its holder.

    Done again with another addressee, it corrects the first. AddresseeWrong for a carrier or for
    the holder itself.
    """

    def change(item: CustodyItem, end: Holder) -> None:
        changes.made_ready(item, end, to)

    return move(
        Request(
            acting=acting, verb=Verb.PREPARE, item_id=item_id, seq=seq, key=key, to=to, note=note
        ),
        change,
    )


def send(
    *,
    acting: Acting,
    item_id: str,
    seq: int,
    carrier: str,
    waybill: str,
    key: vault.DataKey,
    expected_by: date | None = None,
    note: str = "",
) -> ItemView:
    """Give a paper to a carrier 在途. By its holder, who answers for it until it is signed for.

    ``expected_by`` is a day; left out, the place's setting ``transit_days`` says which (working
    days from today). WaybillInvalid, ExpectedByPast.
    """
    carrier = carrier.strip()
    waybill = waybill.strip().upper()
    if not 0 < len(carrier) <= MAX_LENGTH or not is_waybill(waybill):
        raise WaybillInvalid
    today = localdate(clock.now())

    def change(item: CustodyItem, end: Holder) -> None:
        due = expected_by or _usual_arrival(item.place_id, today)
        if due < today:
            raise ExpectedByPast
        changes.sent(item, end, carrier=carrier, waybill=waybill, expected_by=due)

    return move(
        Request(
            acting=acting,
            verb=Verb.SEND,
            item_id=item_id,
            seq=seq,
            key=key,
            carrier=carrier,
            waybill=waybill,
            expected_by=expected_by,
            note=note,
        ),
        change,
    )


def sign(*, acting: Acting, item_id: str, seq: int, key: vault.DataKey, note: str = "") -> ItemView:
    """Sign for a parcel 签收. By the office or agency that it was sent to; it then holds it.

    A parcel to a person is not signed for here: see ``hand_over``.
    """

    def change(item: CustodyItem, end: Holder) -> None:
        changes.settled(item, end)

    return move(
        Request(acting=acting, verb=Verb.SIGN, item_id=item_id, seq=seq, key=key, note=note),
        change,
    )


def send_back(
    *, acting: Acting, item_id: str, seq: int, key: vault.DataKey, note: str = ""
) -> ItemView:
    """Record that a parcel came back 退回, refused or undeliverable. By its sender, who has it."""

    def change(item: CustodyItem, end: Holder) -> None:
        changes.settled(item, end)

    return move(
        Request(acting=acting, verb=Verb.SEND_BACK, item_id=item_id, seq=seq, key=key, note=note),
        change,
    )


def report_lost(
    *, acting: Acting, item_id: str, seq: int, key: vault.DataKey, note: str = ""
) -> ItemView:
    """Record a loss 遗失. By the holder; on the way by either end. The last holder stays named."""

    def change(item: CustodyItem, _end: Holder) -> None:
        changes.lost(item)

    return move(
        Request(acting=acting, verb=Verb.REPORT_LOST, item_id=item_id, seq=seq, key=key, note=note),
        change,
    )


def hand_over(
    *,
    acting: Acting,
    item_id: str,
    seq: int,
    person_id: str,
    key: vault.DataKey,
    note: str = "",
) -> ItemView:
    """Put a paper into a person's hands 已交本人: the end of its custody.

    At a counter by the holder; a parcel to that person is confirmed by themself, or recorded by
    the sender from the carrier's proof of delivery. AddresseeWrong if it was sent to another.
    """

    def change(item: CustodyItem, _end: Holder) -> None:
        changes.handed_over(item, person_id)

    return move(
        Request(
            acting=acting,
            verb=Verb.HAND_OVER,
            item_id=item_id,
            seq=seq,
            key=key,
            to=Holder(HolderKind.PERSON, person_id),
            note=note,
        ),
        change,
    )


def _usual_arrival(place_id: str, today: date) -> date:
    """Return the day by which a parcel sent today should have come."""
    days = places.setting_number(place_id, "transit_days") or 0
    return workdays.due(
        workdays.Limit(days, workdays.Unit.WORKING_DAYS), today, places.calendar_of(place_id)
    ).on
