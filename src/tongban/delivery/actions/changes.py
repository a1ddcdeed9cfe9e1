"""What each move writes into a paper's row, whoever makes it: people here, or those elsewhere."""

from datetime import date

from tongban.delivery.errors import AddresseeWrong
from tongban.delivery.models import CustodyItem
from tongban.delivery.rules import Holder, HolderKind


def made_ready(item: CustodyItem, end: Holder, to: Holder) -> None:
    """Note who sends the paper and who is to get it; AddresseeWrong."""
    if to.kind is HolderKind.CARRIER or to == end or not to.id:
        raise AddresseeWrong
    item.sender_kind, item.sender_id = end.kind.value, end.id
    item.to_kind, item.to_id = to.kind.value, to.id
    item.carrier = item.waybill = item.expected_by = None


def sent(
    item: CustodyItem, end: Holder, *, carrier: str, waybill: str | None, expected_by: date | None
) -> None:
    """Put the paper into the carrier's hands; its sender answers for it."""
    item.sender_kind, item.sender_id = end.kind.value, end.id
    item.holder_kind, item.holder_id = HolderKind.CARRIER.value, carrier
    item.carrier, item.waybill, item.expected_by = carrier, waybill, expected_by


def settled(item: CustodyItem, holder: Holder) -> None:
    """Let the paper rest with its new holder: nobody sends or awaits it."""
    item.holder_kind, item.holder_id = holder.kind.value, holder.id
    item.sender_kind = item.sender_id = item.to_kind = item.to_id = None
    item.carrier = item.waybill = item.expected_by = None


def handed_over(item: CustodyItem, person_id: str) -> None:
    """Put the paper into a person's hands; AddresseeWrong where it was sent to another."""
    person = Holder(HolderKind.PERSON, person_id)
    on_its_way = item.holder_kind == HolderKind.CARRIER
    if not person_id or (on_its_way and (item.to_kind, item.to_id) != (person.kind, person.id)):
        raise AddresseeWrong
    settled(item, person)


def lost(item: CustodyItem) -> None:
    """Expect the paper no more; whoever had it last stays named."""
    item.expected_by = None
    if item.holder_kind != HolderKind.CARRIER:
        item.sender_kind = item.sender_id = item.to_kind = item.to_id = None
