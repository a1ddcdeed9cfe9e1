"""Tables of custody: what is held where now, and every move that brought it there."""

from django.db import models
from django.db.models import Q

from tongban.delivery.rules import HolderKind, ItemKind, ItemState
from tongban.kernel.ids import MAX_LENGTH

_HOLDERS = [kind.value for kind in HolderKind]


class CustodyItem(models.Model):
    """A paper. All but the first eight columns are a projection of its moves.

    ``subject`` is what it belongs to, opaque here ("case" and its id). ``label`` names the sort of
    paper (a material's title), never a person.
    """

    id = models.CharField(primary_key=True, max_length=MAX_LENGTH)
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    subject_kind = models.CharField(max_length=20)
    subject_id = models.CharField(max_length=MAX_LENGTH)
    label = models.CharField(max_length=200)
    kind = models.CharField(max_length=10)
    copies = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()

    seq = models.PositiveIntegerField()
    state = models.CharField(max_length=12)
    holder_kind = models.CharField(max_length=10)
    holder_id = models.CharField(max_length=MAX_LENGTH)
    # Set while it is to be sent, on its way, or lost on it.
    sender_kind = models.CharField(max_length=10, null=True)
    sender_id = models.CharField(max_length=MAX_LENGTH, null=True)
    to_kind = models.CharField(max_length=10, null=True)
    to_id = models.CharField(max_length=MAX_LENGTH, null=True)
    carrier = models.CharField(max_length=MAX_LENGTH, null=True)
    waybill = models.CharField(max_length=40, null=True)
    expected_by = models.DateField(null=True)

    class Meta:
        constraints = [
            # One paper of a name is in custody once; an ended one may be taken in again.
            models.UniqueConstraint(
                fields=["place", "subject_kind", "subject_id", "kind", "label"],
                condition=~Q(state__in=["handed_over", "lost"]),
                name="custody_item_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in ItemState]),
                name="custody_item_state",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in ItemKind]), name="custody_item_kind"
            ),
            models.CheckConstraint(
                condition=Q(holder_kind__in=_HOLDERS), name="custody_item_holder"
            ),
            models.CheckConstraint(condition=Q(copies__gte=1), name="custody_item_copies"),
            # On its way: a carrier has it, a day is named, and both ends own it.
            models.CheckConstraint(
                condition=~Q(state="in_transit")
                | Q(
                    holder_kind="carrier",
                    expected_by__isnull=False,
                    sender_id__isnull=False,
                    to_id__isnull=False,
                ),
                name="custody_item_in_transit",
            ),
        ]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "id"], name="custody_subject"),
            models.Index(fields=["holder_kind", "holder_id", "id"], name="custody_holder"),
            models.Index(fields=["to_kind", "to_id", "state", "expected_by"], name="custody_to"),
            models.Index(
                fields=["sender_kind", "sender_id", "state", "expected_by"], name="custody_sender"
            ),
            models.Index(fields=["state", "expected_by"], name="custody_overdue"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class CustodyMove(models.Model):
    """One move; written once, never changed: a trigger refuses it.

    ``note`` is sealed with the case's key.
    ``from_`` and ``to_`` are who held it before and after; ``asked_`` is the addressee that a
    request named (prepare, hand_over).
    """

    id = models.CharField(primary_key=True, max_length=MAX_LENGTH)
    item = models.ForeignKey(CustodyItem, on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    seq = models.PositiveIntegerField()
    verb = models.CharField(max_length=12)
    at = models.DateTimeField()
    state = models.CharField(max_length=12)
    from_kind = models.CharField(max_length=10, null=True)
    from_id = models.CharField(max_length=MAX_LENGTH, null=True)
    to_kind = models.CharField(max_length=10)
    to_id = models.CharField(max_length=MAX_LENGTH)
    asked_kind = models.CharField(max_length=10, null=True)
    asked_id = models.CharField(max_length=MAX_LENGTH, null=True)
    acting = models.JSONField()
    carrier = models.CharField(max_length=MAX_LENGTH, null=True)
    waybill = models.CharField(max_length=40, null=True)
    note = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "seq"], name="custody_move_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.seq} {self.verb}"
