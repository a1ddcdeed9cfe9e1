"""Tables of people, staff and posts, staff sessions, mandates.

Whatever identifies a person is sealed with the person's data key; officials act publicly, so
their names are plain.
"""

from django.db import models
from django.db.models import F, Q

from tongban.identity.rules import Ground, NumberKind, ScopeKind
from tongban.kernel.acting import Assurance
from tongban.kernel.ids import MAX_LENGTH


class PersonState(models.TextChoices):
    """State of a person's account."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    ERASED = "erased"


class Person(models.Model):
    """办事人. ``place`` registered them; ``epoch`` grows when all their sign-ins are to end.

    Once erased 清除 the row is a tombstone: it names nobody, and says when, why, by whom, and which
    keys went.
    """

    id = models.CharField(primary_key=True, max_length=MAX_LENGTH)
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    name = models.BinaryField()
    number_kind = models.CharField(max_length=20)
    number = models.BinaryField()
    # Keyed; null once the person has been erased, so that the number may register anew.
    number_index = models.BinaryField(max_length=32, null=True)
    phone = models.BinaryField()
    assurance = models.PositiveSmallIntegerField()
    epoch = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, default=PersonState.ACTIVE.value)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)
    erased_ground = models.CharField(max_length=40, default="")
    erased_by = models.JSONField(null=True)
    erased_keys = models.JSONField(default=list)  # ids, for a key store that was restored

    class Meta:
        """One person per number on a node, whichever place registered them."""

        constraints = [
            models.UniqueConstraint(fields=["number_kind", "number_index"], name="person_number"),
            models.CheckConstraint(
                condition=Q(number_kind__in=[kind.value for kind in NumberKind]),
                name="person_number_kind",
            ),
            models.CheckConstraint(
                condition=Q(assurance__in=[int(level) for level in Assurance]),
                name="person_assurance",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in PersonState]), name="person_state"
            ),
            models.CheckConstraint(
                condition=Q(state="erased", number_index__isnull=True, erased_at__isnull=False)
                | (~Q(state="erased") & Q(number_index__isnull=False, erased_at__isnull=True)),
                name="person_erased",
            ),
        ]

    def __str__(self) -> str:
        return self.id


class Staff(models.Model):
    """工作人员. Stays when they leave (``active`` false), for their acts stay."""

    id = models.CharField(primary_key=True, max_length=MAX_LENGTH)
    login = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=100)
    active = models.BooleanField(default=True)
    source = models.TextField(blank=True)
    sample = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.id} {self.login}"


class Post(models.Model):
    """岗位: a staff member's place in an agency or an office, with powers, from when to when."""

    id = models.CharField(primary_key=True, max_length=MAX_LENGTH)
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(
        "places.Agency", null=True, on_delete=models.PROTECT, related_name="+"
    )
    office = models.ForeignKey(
        "places.Office", null=True, on_delete=models.PROTECT, related_name="+"
    )
    title = models.CharField(max_length=100)
    title_en = models.CharField(max_length=200, blank=True)
    powers = models.JSONField()
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    source = models.TextField(blank=True)
    sample = models.BooleanField(default=False)

    class Meta:
        """A post is in an agency, in an office, or in both."""

        constraints = [
            models.CheckConstraint(
                condition=Q(agency__isnull=False) | Q(office__isnull=False), name="post_somewhere"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="post_days",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.title}"


class StaffSession(models.Model):
    """A sign-in on a post; the token itself is only with its holder."""

    token_digest = models.CharField(primary_key=True, max_length=64)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.post_id} {self.created_at}"


class Mandate(models.Model):
    """委托: one person's power to act for another. A row is never deleted."""

    id = models.CharField(primary_key=True, max_length=MAX_LENGTH)
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    principal = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    agent = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    scope_kind = models.CharField(max_length=10)
    scope_id = models.CharField(max_length=64, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    granted_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    ground = models.CharField(max_length=10)
    document = models.ForeignKey(
        "documents.Document", null=True, on_delete=models.PROTECT, related_name="+"
    )
    granted_entry = models.CharField(max_length=MAX_LENGTH)  # evidence of the granting

    class Meta:
        """What makes a mandate, also for whoever goes past the door: see rules.mandate_fault."""

        constraints = [
            models.CheckConstraint(condition=~Q(principal=F("agent")), name="mandate_two_persons"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="mandate_days"),
            models.CheckConstraint(
                condition=Q(scope_kind=ScopeKind.ANY.value, scope_id="")
                | (
                    Q(scope_kind__in=[ScopeKind.MATTER.value, ScopeKind.CASE.value])
                    & ~Q(scope_id="")
                ),
                name="mandate_scope",
            ),
            models.CheckConstraint(
                condition=Q(ground=Ground.PAPER.value, document__isnull=False)
                | Q(ground=Ground.ONLINE.value, document__isnull=True),
                name="mandate_ground",
            ),
        ]

    def __str__(self) -> str:
        return self.id


class LoginCode(models.Model):
    """What another node gets for a person who agreed to be known there; good once, for a minute.

    The code itself is only with its holder. A row is kept for a day, so that a second use is seen.
    """

    code_digest = models.CharField(primary_key=True, max_length=64)
    peer = models.CharField(max_length=16)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    redirect_uri = models.CharField(max_length=300)
    challenge = models.CharField(max_length=43)
    nonce = models.CharField(max_length=128)
    assurance = models.PositiveSmallIntegerField()
    epoch = models.PositiveIntegerField()
    logged_in_at = models.DateTimeField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)  # used a second time
    assertion_id = models.CharField(max_length=128, null=True)  # of who redeemed it

    class Meta:
        """Nobody redeems two codes with one proof of who they are."""

        constraints = [
            models.UniqueConstraint(fields=["peer", "assertion_id"], name="login_code_assertion"),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True, assertion_id__isnull=True)
                | Q(used_at__isnull=False, assertion_id__isnull=False),
                name="login_code_used",
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="login_code_created")]

    def __str__(self) -> str:
        return f"{self.peer} {self.created_at}"


class HomeLink(models.Model):
    """A person's account at another node, by which they log in here. It goes with the person.

    ``subject_index`` is keyed: what the other node calls them can be found, not read.
    """

    id = models.CharField(primary_key=True, max_length=MAX_LENGTH)
    peer = models.CharField(max_length=16)
    subject_index = models.BinaryField(max_length=32)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    linked_at = models.DateTimeField()
    linked_entry = models.CharField(max_length=MAX_LENGTH)  # evidence of the linking

    class Meta:
        """An account there is one person here, and a person has one account at a node."""

        constraints = [
            models.UniqueConstraint(fields=["peer", "subject_index"], name="home_link_subject"),
            models.UniqueConstraint(fields=["peer", "person"], name="home_link_person"),
        ]

    def __str__(self) -> str:
        return f"{self.peer} {self.person_id}"
