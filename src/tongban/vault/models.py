"""Wrapped keys. All tables stand in the key store (alias ``keys``), never in the main database."""

from django.db import models


class PlaceKey(models.Model):
    """A place's key, wrapped by the node's."""

    place_id = models.CharField(primary_key=True, max_length=64)
    wrapped = models.BinaryField()

    def __str__(self) -> str:
        return self.place_id


class DataKey(models.Model):
    """The key of a person at a place (``case_id`` empty), or of a person in one case."""

    id = models.CharField(primary_key=True, max_length=49)
    place = models.ForeignKey(PlaceKey, on_delete=models.PROTECT, related_name="+", db_index=False)
    person_id = models.CharField(max_length=49)
    case_id = models.CharField(max_length=49, default="")
    wrapped = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        """One key for one use; found by person too, to destroy."""

        constraints = [
            models.UniqueConstraint(
                fields=["person_id", "case_id", "place"], name="vault_one_key_per_use"
            )
        ]

    def __str__(self) -> str:
        return self.id


class DestroyedPerson(models.Model):
    """A person whose keys were destroyed: no key is ever made for this id again.

    With a ``ground`` it is an erasure 清除, which a restored database must go through again;
    without one, an id that came to nothing (two registered one number at once). A row is never
    changed or deleted: a trigger refuses it.
    """

    person_id = models.CharField(primary_key=True, max_length=49)
    destroyed_at = models.DateTimeField()
    ground = models.CharField(max_length=40, default="")
    acting = models.JSONField(null=True)
    keys = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.person_id


class DestroyedKey(models.Model):
    """The id of a key that was destroyed: what it sealed can't be read, and nobody is to blame."""

    id = models.CharField(primary_key=True, max_length=80)
    person_id = models.CharField(max_length=49, default="", db_index=True)

    def __str__(self) -> str:
        return self.id


class KeyFile(models.Model):
    """What a key file was when this node first worked with it: a one-way fingerprint."""

    name = models.CharField(primary_key=True, max_length=32)
    fingerprint = models.BinaryField()

    def __str__(self) -> str:
        return self.name
