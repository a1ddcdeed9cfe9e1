"""Tables: entries that wait for the log, looks, and how far each spool segment was read."""

from django.db import models

from tongban.kernel.ids import MAX_LENGTH

SEALED_TABLE, SEALED_COLUMN = "evidence_pendingentry", "body"
"""Names that a sealed body is bound to, whatever table and column are called later."""


class PendingEntry(models.Model):
    """An entry, final when its transaction commits; ``body`` is sealed with the key ``key_id``.

    ``position`` gives the order of draining. Transactions that overlap may commit in another
    order than their positions, so a reader must not take the highest position it has seen for
    "all before are there".
    """

    position = models.BigAutoField(primary_key=True)
    entry_id = models.CharField(max_length=MAX_LENGTH, unique=True)
    place_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    leaf = models.BinaryField(max_length=33)
    key_id = models.CharField(max_length=80)
    body = models.BinaryField()
    subject_kind = models.CharField(max_length=20)
    subject_id = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        """Found by what the entry is about."""

        indexes = [
            models.Index(
                fields=["subject_kind", "subject_id", "position"], name="evidence_entry_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.entry_id}"


class Look(models.Model):
    """Someone saw personal data of a person; has the id of its entry."""

    id = models.CharField(primary_key=True, max_length=MAX_LENGTH)
    place_id = models.CharField(max_length=64)
    person_id = models.CharField(max_length=MAX_LENGTH)
    case_id = models.CharField(max_length=MAX_LENGTH, null=True)
    viewer = models.JSONField()
    fields = models.JSONField()
    purpose = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        """Read by person, newest first."""

        indexes = [models.Index(fields=["person_id", "-at", "-id"], name="evidence_look_person")]

    def __str__(self) -> str:
        return self.id


class SpoolMark(models.Model):
    """How many bytes of a spool segment are in the tables; written with them."""

    segment = models.CharField(primary_key=True, max_length=100)
    offset = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.segment} {self.offset}"


class Waiting(models.Model):
    """An entry that is not in the log yet; a trigger writes it with the entry itself."""

    position = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return str(self.position)


class Seal(models.Model):
    """Which leaf of which log an entry is; never changed.

    A log that was closed before it signed for a leaf of these leaves the row behind: it says
    nothing, and the entry has another in the log that followed.
    """

    pk = models.CompositePrimaryKey("shard", "leaf_index")
    shard = models.CharField(max_length=12)
    leaf_index = models.BigIntegerField()
    entry = models.ForeignKey(
        PendingEntry, models.PROTECT, related_name="+", db_column="position", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "shard"], name="evidence_seal_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.shard} {self.leaf_index}"


class LostLeaf(models.Model):
    """A leaf of the log whose entry this database has lost; known from the log's own files."""

    pk = models.CompositePrimaryKey("shard", "leaf_index")
    shard = models.CharField(max_length=12)
    leaf_index = models.BigIntegerField()
    leaf = models.BinaryField(max_length=33)

    def __str__(self) -> str:
        return f"{self.shard} {self.leaf_index}"
