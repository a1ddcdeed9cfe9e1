"""One row for each file taken in. The bytes stand under ``HOME/files``, encrypted."""

from django.db import models

from tongban.documents.rules import State


class Document(models.Model):
    """A file of an owner ``(owner_kind, owner_id)``; the row stays when the bytes are discarded.

    ``key_person`` and ``key_case`` say which data key of ``place_id`` sealed it (``key_case``
    empty: the person's own). ``digest`` is keyed, over the clear bytes: this node finds
    equal files by it. ``commitment`` is SHA-256 over ``salt`` and the clear bytes: it stands in
    evidence, and whoever is given the salt checks their file against it alone. ``size`` counts the
    clear bytes.
    """

    id = models.CharField(primary_key=True, max_length=49)
    place_id = models.CharField(max_length=64)
    owner_kind = models.CharField(max_length=32)
    owner_id = models.CharField(max_length=49)
    key_person = models.CharField(max_length=49)
    key_case = models.CharField(max_length=49, default="")
    name = models.BinaryField()
    media_type = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    digest = models.BinaryField(max_length=32)
    salt = models.BinaryField(max_length=32)
    commitment = models.BinaryField(max_length=32)
    state = models.CharField(max_length=16, default=State.KEPT.value)
    stored_name = models.CharField(max_length=32, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        """Listed by owner in the order taken in."""

        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in State]),
                name="documents_state_known",
            ),
            models.CheckConstraint(condition=models.Q(size__gt=0), name="documents_not_empty"),
        ]
        indexes = [
            models.Index(fields=["owner_kind", "owner_id", "id"], name="documents_by_owner"),
        ]

    def __str__(self) -> str:
        return self.id
