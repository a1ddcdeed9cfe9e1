"""Messages that were sent and taken, each kept as its sender signed it, sealed."""

from django.db import models

from tongban.kernel.ids import MAX_LENGTH


class OutMessage(models.Model):
    """A message to another node. ``sealed`` is its JWS; ``answer`` what that node signed."""

    id = models.CharField(primary_key=True, max_length=MAX_LENGTH)
    to = models.CharField(max_length=16)
    lane = models.CharField(max_length=MAX_LENGTH)
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=40)
    sealed = models.BinaryField()
    created_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    refusals = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField()
    trouble = models.CharField(max_length=100, default="")
    given_up = models.BooleanField(default=False)
    answered_at = models.DateTimeField(null=True)
    taken = models.BooleanField(default=False)
    code = models.CharField(max_length=64, default="")
    answer = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["to", "lane", "seq"], name="out_message_lane"),
        ]
        indexes = [
            models.Index(
                fields=["to", "id"],
                condition=models.Q(answered_at__isnull=True),
                name="out_message_waiting",
            ),
        ]

    def __str__(self) -> str:
        return self.id


class OutFile(models.Model):
    """A file that a message names, sealed under a key of its own in ``HOME/node/outgoing``.

    Its name is the digest of a token that the message alone tells: who has it may fetch.
    """

    token_digest = models.CharField(primary_key=True, max_length=64)
    message = models.ForeignKey(OutMessage, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.message_id


class InMessage(models.Model):
    """A message that was taken or refused, with the answer that was signed for it."""

    id = models.CharField(primary_key=True, max_length=MAX_LENGTH)
    sender = models.CharField(max_length=16)
    lane = models.CharField(max_length=MAX_LENGTH)
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=40)
    sealed = models.BinaryField()
    received_at = models.DateTimeField()
    taken = models.BooleanField()
    code = models.CharField(max_length=64, default="")
    answer = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "lane", "seq"], name="in_message_lane"),
        ]
        indexes = [models.Index(fields=["sender", "received_at"], name="in_message_heard")]

    def __str__(self) -> str:
        return self.id
