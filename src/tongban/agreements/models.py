"""Tables of agreements: who, from when to when, and what each opens."""

from django.db import models
from django.db.models import F, Q

from tongban.agreements.rules import AgreementState, Purpose, SilenceFrom
from tongban.kernel.ids import MAX_LENGTH


class Agreement(models.Model):
    """合作协议. Its id is given by whoever writes it down, and the same on every node.

    ``terms`` is the text that nodes sign, empty where all parties are places of one node. One that
    was in force before two nodes shared it, and waits for their signatures, lapsed on a day: what
    was taken in until then is finished under it.
    """

    id = models.CharField(primary_key=True, max_length=MAX_LENGTH)
    title = models.CharField(max_length=200)
    title_en = models.CharField(max_length=300)
    number = models.CharField(max_length=100, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    state = models.CharField(max_length=10)
    source = models.TextField(blank=True)
    sample = models.BooleanField(default=False)
    terms = models.TextField(default="", blank=True)
    lapsed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in AgreementState]),
                name="agreement_state",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="agreement_days",
            ),
            models.CheckConstraint(
                condition=~Q(state="ended") | Q(ends_on__isnull=False),
                name="agreement_ended_on",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.title}"


class AgreementParty(models.Model):
    """A place that has signed."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agreement", "place"], name="party_once"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} ∋ {self.place_id}"


class Signature(models.Model):
    """What a node signed of an agreement: ``text`` is the JWS, good without this database.

    ``sent`` names the message to each other node, ``refused`` what that node answered.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    node = models.CharField(max_length=16)
    purpose = models.CharField(max_length=5)
    ends_on = models.DateField(null=True)
    signed_at = models.DateTimeField()
    text = models.TextField()
    sent = models.JSONField(default=dict)
    refused = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "node", "purpose"], name="agreement_signed_once"
            ),
            models.CheckConstraint(
                condition=Q(purpose=Purpose.START.value, ends_on__isnull=True)
                | Q(purpose=Purpose.END.value, ends_on__isnull=False),
                name="signature_purpose",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.purpose} {self.node}"


class Opening(models.Model):
    """One matter opened by a deciding place to a receiving one, in one mode.

    ``receiving_place`` is empty for a mode that needs none. An opening taken out of its agreement
    is closed from ``withdrawn_on`` on, never deleted: cases rest on it.
    """

    id = models.CharField(primary_key=True, max_length=MAX_LENGTH)
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    matter = models.ForeignKey("matters.Matter", on_delete=models.PROTECT, related_name="+")
    deciding_place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    receiving_place = models.ForeignKey(
        "places.Place", on_delete=models.PROTECT, related_name="+", null=True
    )
    mode = models.CharField(max_length=16)
    acts = models.JSONField(default=list)
    silence_from = models.CharField(max_length=10)
    sample = models.BooleanField(default=False)
    withdrawn_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "matter", "deciding_place", "receiving_place", "mode"],
                condition=Q(receiving_place__isnull=False),
                name="opening_once",
            ),
            # An empty receiving place is equal to no other in a unique key, so it has its own.
            models.UniqueConstraint(
                fields=["agreement", "matter", "deciding_place", "mode"],
                condition=Q(receiving_place__isnull=True),
                name="opening_from_anywhere_once",
            ),
            models.CheckConstraint(
                condition=Q(silence_from__in=[each.value for each in SilenceFrom]),
                name="opening_silence_from",
            ),
            models.CheckConstraint(
                condition=Q(mode="received", receiving_place__isnull=False)
                | Q(mode="online", receiving_place__isnull=True),
                name="opening_place_fits_mode",
            ),
        ]
        indexes = [
            models.Index(fields=["matter", "deciding_place", "mode"], name="opening_of_matter"),
            models.Index(fields=["receiving_place", "mode"], name="opening_from_place"),
            models.Index(fields=["mode", "deciding_place"], name="opening_by_mode"),
        ]

    def __str__(self) -> str:
        return f"{self.matter_id} {self.deciding_place_id} ← {self.receiving_place_id}"
