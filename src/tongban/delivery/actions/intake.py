"""Taking a paper into custody."""

from django.conf import settings
from django.db import IntegrityError, transaction

from tongban.delivery import access
from tongban.delivery.actions.moving import ITEMS, Request, record
from tongban.delivery.errors import ItemExists, ItemInvalid
from tongban.delivery.models import CustodyItem, CustodyMove
from tongban.delivery.queries import ItemView, view_of
from tongban.delivery.rules import ENDED, Holder, ItemKind, ItemState, Verb
from tongban.kernel import clock
from tongban.kernel.acting import Acting
from tongban.kernel.ids import new_id
from tongban.vault import api as vault
from tongban.work import api as work

_HELD = work.Read(
    CustodyItem,
    5,
    lambda place_id, subject_kind, subject_id, kind, label: CustodyItem.objects.filter(
        place_id=place_id,
        subject_kind=subject_kind,
        subject_id=subject_id,
        kind=kind,
        label=label,
    ).exclude(state__in=ENDED),
)
_MOST_COPIES = 99
_LABEL_LENGTH = 200


def take_in(
    *,
    acting: Acting,
    place_id: str,
    subject: tuple[str, str],
    label: str,
    kind: ItemKind,
    copies: int,
    holder: Holder,
    key: vault.DataKey,
    note: str = "",
) -> ItemView:
    """Take a paper into the custody of an office or agency; the actor's post must stand there.

    Asked for again by the same actor while nothing else happened to it, the item there is comes
    back. ItemInvalid, NotHolder, or ItemExists if one of that name is in custody otherwise.
    """
    label = label.strip()
    if not 0 < len(label) <= _LABEL_LENGTH or not 0 < copies <= _MOST_COPIES:
        raise ItemInvalid
    wanted = CustodyItem(
        id=new_id(settings.NODE),
        place_id=place_id,
        subject_kind=subject[0],
        subject_id=subject[1],
        label=label,
        kind=ItemKind(kind).value,
        copies=copies,
        created_at=clock.now(),
        seq=1,
        state=ItemState.HELD.value,
        holder_kind=holder.kind.value,
        holder_id=holder.id,
    )
    request = Request(
        acting=acting, verb=Verb.TAKE_IN, item_id=wanted.id, seq=0, key=key, note=note
    )
    with transaction.atomic():
        held = _held(wanted)
        if held is not None:
            return _same(held, wanted, acting)
        access.require_take_in(acting, holder, kind)
        try:
            with transaction.atomic():
                ITEMS.insert(wanted)
        except IntegrityError:
            # Somebody took it in between the look and the write.
            held = _held(wanted)
            if held is None:
                raise
            return _same(held, wanted, acting)
        record(request, wanted, before=None)
    return view_of(wanted)


def _held(wanted: CustodyItem) -> CustodyItem | None:
    return _HELD.instance(
        wanted.place_id, wanted.subject_kind, wanted.subject_id, wanted.kind, wanted.label
    )


def _same(held: CustodyItem, wanted: CustodyItem, acting: Acting) -> ItemView:
    taken = CustodyMove.objects.get(item_id=held.id, seq=1)
    if (
        held.seq == 1
        and held.copies == wanted.copies
        and (held.holder_kind, held.holder_id) == (wanted.holder_kind, wanted.holder_id)
        and taken.acting == acting.as_json()
    ):
        return view_of(held)
    raise ItemExists(label=wanted.label)
