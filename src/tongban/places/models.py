"""Tables of places, agencies, offices, calendars and settings: reference data, natural ids."""

from django.db import models
from django.db.models import Q

from tongban.places.rules import NAME_LENGTH, NATURE_CODES, Level, OfficeKind


class Place(models.Model):
    """地区. The id is the division code, or ``zone-…`` for a zone without one."""

    id = models.CharField(primary_key=True, max_length=49)
    code = models.CharField(max_length=12, null=True, unique=True)
    name = models.CharField(max_length=100)
    name_en = models.CharField(max_length=200, blank=True)
    level = models.CharField(max_length=10)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    # "/130000/131000/131028/": the ids from the top down to this one. Below a place = the path
    # begins with its path. Kept right by put_places.
    path = models.CharField(max_length=400, db_index=True)
    statistical_only = models.BooleanField(default=False)
    source = models.TextField(blank=True)
    sample = models.BooleanField(default=False)

    class Meta:
        """A level is one of rules.Level."""

        constraints = [
            models.CheckConstraint(
                condition=Q(level__in=[level.value for level in Level]), name="place_level"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.name}"


class ZoneMember(models.Model):
    """A place that belongs to a zone without being below it."""

    zone = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """A place is a member of a zone once."""

        constraints = [
            models.UniqueConstraint(fields=["zone", "place"], name="zone_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.zone_id} ∋ {self.place_id}"


class Agency(models.Model):
    """实施机关. ``credit_code`` is not unique: a body entered as a sample may borrow none."""

    id = models.CharField(primary_key=True, max_length=49)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=300, blank=True)
    credit_code = models.CharField(max_length=18, null=True, db_index=True)
    nature_code = models.CharField(max_length=1)
    can_license = models.BooleanField(default=False)
    source = models.TextField(blank=True)
    sample = models.BooleanField(default=False)

    class Meta:
        """What the law says of bodies, also for whoever goes past the door."""

        constraints = [
            models.CheckConstraint(
                condition=Q(nature_code__in=NATURE_CODES), name="agency_nature_code"
            ),
            # 行政许可法 arts. 22-24: see rules.may_license.
            models.CheckConstraint(
                condition=Q(can_license=False) | Q(nature_code__in=["1", "2"]),
                name="agency_may_license",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.name}"


class Office(models.Model):
    """政务服务中心、便民点. ``place`` is where it stands; who runs it is in OfficeRun."""

    id = models.CharField(primary_key=True, max_length=49)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=10)
    address = models.CharField(max_length=300, blank=True)
    source = models.TextField(blank=True)
    sample = models.BooleanField(default=False)

    class Meta:
        """A kind is one of rules.OfficeKind."""

        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in OfficeKind]), name="office_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.name}"


class OfficeRun(models.Model):
    """An agency that runs an office, perhaps with others, perhaps from another place."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """An agency runs an office once."""

        constraints = [
            models.UniqueConstraint(fields=["office", "agency"], name="office_run_once"),
        ]

    def __str__(self) -> str:
        return f"{self.office_id} ← {self.agency_id}"


class Calendar(models.Model):
    """A working calendar; ``version`` grows by one with every change of its days or years."""

    name = models.CharField(primary_key=True, max_length=NAME_LENGTH)
    version = models.PositiveIntegerField()
    published_years = models.JSONField()

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class CalendarDay(models.Model):
    """A day that differs from Monday-to-Friday, or repeats it; with its source."""

    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    working = models.BooleanField()
    source = models.TextField(blank=True)

    class Meta:
        """One row for a day."""

        constraints = [
            models.UniqueConstraint(fields=["calendar", "day"], name="calendar_day_once"),
        ]

    def __str__(self) -> str:
        return f"{self.calendar_id} {self.day}"


class PlaceSetting(models.Model):
    """What a place's own rules say; keys and their defaults stand in rules.SETTINGS."""

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=64)
    value = models.JSONField(null=True)
    source = models.TextField(blank=True)
    sample = models.BooleanField(default=False)

    class Meta:
        """One value for a key."""

        constraints = [
            models.UniqueConstraint(fields=["place", "key"], name="place_setting_once"),
        ]

    def __str__(self) -> str:
        return f"{self.place_id} {self.key}"


class ReferenceVersion(models.Model):
    """One row (id 1): a token that changes with every load, so that caches know they are old."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    token = models.CharField(max_length=32)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.token
