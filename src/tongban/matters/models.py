"""Tables of the catalogue: matters, and each place's editions of them."""

from django.db import models
from django.db.models import Q

from tongban.kernel.ids import MAX_LENGTH
from tongban.matters.rules import EditionState


class Matter(models.Model):
    """通办标准(事项). Its code is its key on every node."""

    code = models.CharField(primary_key=True, max_length=64)
    title = models.CharField(max_length=200)
    title_en = models.CharField(max_length=300)
    aliases = models.JSONField(default=list)
    task_type = models.CharField(max_length=2)
    # Title, English title, aliases and code, folded by rules.folded: JSON text cannot be searched
    # on SQLite, where Chinese is stored escaped.
    search_text = models.TextField()
    source = models.TextField(blank=True)
    sample = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Edition(models.Model):
    """实施清单: one place's version of a matter.

    Title and 事项类型 are copied from the matter when the row is written, since a paper that went
    out names them. Once published, nothing but ``state`` is written again; a trigger sees to it.
    """

    id = models.CharField(primary_key=True, max_length=MAX_LENGTH)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("places.Agency", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10)
    title = models.CharField(max_length=200)
    title_en = models.CharField(max_length=300)
    task_type = models.CharField(max_length=2)
    handle_item_code = models.CharField(max_length=100, blank=True)
    content = models.JSONField()
    source = models.TextField(blank=True)
    sample = models.BooleanField(default=False)
    published_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["place", "matter", "version"], name="edition_version_once"
            ),
            models.UniqueConstraint(
                fields=["place", "matter"],
                condition=Q(state="published"),
                name="edition_published_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in EditionState]),
                name="edition_state",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(published_on__isnull=False),
                name="edition_published_on",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="edition_version"),
        ]
        indexes = [
            # The lists of one place and of all places read published rows alone, by title.
            models.Index(
                fields=["place", "title"],
                condition=Q(state="published"),
                name="edition_open_in_place",
            ),
            models.Index(fields=["title"], condition=Q(state="published"), name="edition_open"),
        ]

    def __str__(self) -> str:
        return f"{self.matter_id} {self.place_id} v{self.version}"


class EditionTold(models.Model):
    """What another node was told of an edition of ours, and the code where it refused it."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="+")
    node = models.CharField(max_length=16)
    state = models.CharField(max_length=10)
    message_id = models.CharField(max_length=MAX_LENGTH, db_index=True)
    code = models.CharField(max_length=64, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "node"], name="edition_told_once"),
        ]

    def __str__(self) -> str:
        return f"{self.edition_id} → {self.node}"
