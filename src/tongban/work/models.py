"""Tables of jobs and idempotency keys."""

from django.db import models

from tongban.kernel.ids import MAX_LENGTH

WAITING = "waiting"
LEASED = "leased"
DEAD = "dead"


class Job(models.Model):
    """A piece of work to be done; a job that is done has no row any more."""

    id = models.CharField(primary_key=True, max_length=MAX_LENGTH)
    name = models.CharField(max_length=80)
    payload = models.JSONField()
    state = models.CharField(max_length=8, default=WAITING)
    run_after = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField()
    leased_by = models.CharField(max_length=120, null=True)
    lease_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, default="")
    key = models.CharField(max_length=120, null=True)
    created_at = models.DateTimeField()

    class Meta:
        """Leased jobs have a lease; unfinished ones are unique by key; claimed by moment."""

        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[WAITING, LEASED, DEAD]), name="work_job_state"
            ),
            models.CheckConstraint(
                condition=models.Q(state=LEASED, leased_by__isnull=False, lease_until__isnull=False)
                | ~models.Q(state=LEASED),
                name="work_job_lease",
            ),
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(state__in=[WAITING, LEASED]),
                name="work_job_one_unfinished",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "run_after", "id"], name="work_job_due"),
            models.Index(
                fields=["lease_until"], condition=models.Q(state=LEASED), name="work_job_lease_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"


class IdempotencyKey(models.Model):
    """A request that was answered; ``answer`` is null until the verb has settled it."""

    scope = models.CharField(max_length=80)
    key = models.CharField(max_length=120)
    digest = models.BinaryField(max_length=64)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        """Once in its scope; swept by age."""

        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="work_idempotencykey_once"),
        ]
        indexes = [models.Index(fields=["created_at"], name="work_idempotencykey_age")]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"
