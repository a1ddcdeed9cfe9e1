"""Tables of a case: header, events, papers, documents of record, numbers."""

from django.db import models

from tongban.kernel.ids import MAX_LENGTH

CASE_TABLE, EVENT_TABLE, RECORD_TABLE = "cases_case", "cases_caseevent", "cases_documentofrecord"
"""Names that sealed cells are bound to, whatever a table is called later."""


def _id() -> "models.CharField[str, str]":
    return models.CharField(primary_key=True, max_length=MAX_LENGTH)


class Case(models.Model):
    """The header. Everything after ``seq`` is a projection of the events."""

    id = _id()
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    agency = models.ForeignKey("places.Agency", models.PROTECT, related_name="+")
    edition = models.ForeignKey("matters.Edition", models.PROTECT, related_name="+")
    matter_code = models.CharField(max_length=64)
    mode = models.CharField(max_length=16)
    receiving_office = models.ForeignKey(
        "places.Office", models.PROTECT, related_name="+", null=True
    )
    receiving_place = models.ForeignKey("places.Place", models.PROTECT, related_name="+", null=True)
    applicant = models.ForeignKey("identity.Person", models.PROTECT, related_name="+")
    agent = models.ForeignKey("identity.Person", models.PROTECT, related_name="+", null=True)
    mandate = models.ForeignKey("identity.Mandate", models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField()
    draft_form = models.BinaryField(null=True)  # sealed; empty once submitted

    seq = models.IntegerField()
    state = models.CharField(max_length=16)
    number = models.CharField(max_length=64, null=True)
    form_seq = models.IntegerField(null=True)  # the event that holds the form in force
    papers_at = models.DateTimeField(null=True)  # when the papers came, or came again
    answer_due_on = models.DateField(null=True)  # the last day to ask, accept or decline
    silence_on = models.DateField(null=True)  # the law's last day; silence past it accepts
    accepted_at = models.DateTimeField(null=True)
    accepted_by_silence = models.BooleanField(default=False)
    due_on = models.DateField(null=True)  # promised, where a promise is made; else statutory
    statutory_due_on = models.DateField(null=True)
    due_provisional = models.BooleanField(default=False)
    decided_at = models.DateTimeField(null=True)
    hand_due_on = models.DateField(null=True)  # the last day to hand down what was granted
    outcome = models.CharField(max_length=16, default="")
    closed_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    agency_due_on = models.DateField(null=True)  # rules.agency_due: its queue is read by this

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["place", "number"], name="case_number"),
            models.CheckConstraint(condition=models.Q(seq__gte=1), name="case_seq"),
            models.CheckConstraint(
                condition=models.Q(mode="online", receiving_office=None)
                | models.Q(mode="received", receiving_office__isnull=False),
                name="case_mode_office",
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "state", "id"], name="case_desk"),
            models.Index(fields=["agency", "id"], name="case_desk_all"),
            models.Index(fields=["agency", "agency_due_on", "id"], name="case_desk_due"),
            models.Index(fields=["receiving_office", "state", "id"], name="case_window"),
            models.Index(fields=["receiving_office", "id"], name="case_window_all"),
            models.Index(fields=["applicant", "state", "id"], name="case_mine"),
            models.Index(fields=["applicant", "id"], name="case_mine_all"),
            models.Index(fields=["agent", "id"], name="case_agent"),
            models.Index(
                fields=["silence_on", "id"],
                condition=models.Q(silence_on__isnull=False),
                name="case_silence",
            ),
        ]

    def __str__(self) -> str:
        return self.number or self.id


class CaseEvent(models.Model):
    """One thing that happened; never changed (a trigger refuses it on both databases).

    ``at`` is the moment in law (dated back for silence), ``recorded_at`` when it was written.
    ``payload`` holds facts without personal data; ``sealed`` the rest (form, notes, address).
    """

    id = _id()
    case = models.ForeignKey(Case, models.PROTECT, related_name="events")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    leg = models.IntegerField(default=0)
    seq = models.IntegerField()
    verb = models.CharField(max_length=20)
    state = models.CharField(max_length=16)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    acting = models.JSONField()
    payload = models.JSONField()
    documents = models.JSONField()
    sealed = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "leg", "seq"], name="event_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.seq} {self.verb}"


class CasePaper(models.Model):
    """A file handed in for one material of a case; taken off by ``removed_at``, never deleted."""

    id = _id()
    case = models.ForeignKey(Case, models.PROTECT, related_name="papers")
    material_key = models.CharField(max_length=64)
    document = models.ForeignKey("documents.Document", models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document"], name="paper_document")]
        indexes = [models.Index(fields=["case", "material_key"], name="paper_case")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.material_key}"


class DocumentOfRecord(models.Model):
    """A numbered paper of the office 文书: its text is final when written, and sealed."""

    id = _id()
    case = models.ForeignKey(Case, models.PROTECT, related_name="records")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=24)
    number = models.CharField(max_length=64)
    seq = models.IntegerField()  # of the event that made it
    made_on = models.DateField()
    content = models.BinaryField()  # sealed canonical JSON, written by actions.records

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["place", "kind", "number"], name="record_number"),
            models.UniqueConstraint(fields=["case", "kind", "seq"], name="record_event"),
        ]

    def __str__(self) -> str:
        return self.number


BETWEEN = models.Q(answered_at=None) | ~models.Q(refused="", trouble="")
"""Cases that stand still between two nodes: on their way, sent back, or recorded differently."""


class CaseAbroad(models.Model):
    """How a case stands with the other government's node that has it too.

    ``ordered_here``: this node hosts the deciding agency and orders the events; otherwise it took
    the case in and holds a copy 副本. ``persons`` maps that node's ids of people to ours.
    ``told_seq`` is the last event that it was told. ``told_papers`` maps papers in custody to the
    last of our moves that it was told: a paper's moves are numbered without a gap, so none can be
    passed over. ``told_files`` are the files that it has, or that are on their way to it.
    ``heard_at`` is when it last told us something, ``erased_there_at`` when it erased the person.
    ``trouble`` is the code with which one end refused to hear of a step since ``trouble_at``.
    """

    case = models.OneToOneField(
        Case, models.PROTECT, related_name="abroad", primary_key=True, db_column="case_id"
    )
    node = models.CharField(max_length=64)
    ordered_here = models.BooleanField()
    persons = models.JSONField()
    handed_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    refused = models.CharField(max_length=64, default="")
    trouble = models.CharField(max_length=64, default="")
    trouble_at = models.DateTimeField(null=True)
    told_seq = models.IntegerField()
    told_papers = models.JSONField(default=dict)
    told_files = models.JSONField(default=list)
    heard_at = models.DateTimeField(null=True)
    erased_there_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["node", "case"],
                condition=BETWEEN,
                name="case_abroad_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.node}"


class Proposal(models.Model):
    """A step that this node's window or applicant asks of the node that orders the case 提请.

    The id is the message's. What was asked stands in the message alone; ``files`` are those that
    went with it.
    """

    id = _id()
    case = models.ForeignKey(Case, models.PROTECT, related_name="proposals")
    verb = models.CharField(max_length=20)
    seq = models.IntegerField()
    at = models.DateTimeField()
    acting = models.JSONField()
    files = models.JSONField(default=list)
    answered_at = models.DateTimeField(null=True)
    refused = models.CharField(max_length=64, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=models.Q(answered_at__isnull=True),
                name="proposal_one_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["case", "at"], name="proposal_case")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.verb}"


class PersonAbroad(models.Model):
    """A person of ours who is known at another node too, under an id of that node's.

    That node is shown their cases only from ``agreed_at`` on: they said so here themselves.
    """

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey("identity.Person", models.PROTECT, related_name="+")
    node = models.CharField(max_length=64)
    theirs = models.CharField(max_length=MAX_LENGTH)
    agreed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "node"], name="person_abroad_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.node}"


class Pointer(models.Model):
    """What another node shows a person here of a case that it orders 指引: no more than a line.

    The id is the case's. ``told_at`` is that node's moment, by its clock.
    """

    id = _id()
    node = models.CharField(max_length=64)
    person = models.ForeignKey("identity.Person", models.PROTECT, related_name="+")
    number = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    title_en = models.CharField(max_length=300)
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    state = models.CharField(max_length=16)
    outcome = models.CharField(max_length=16)
    asked = models.BooleanField()
    changed_at = models.DateTimeField()
    told_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["person", "state", "id"], name="pointer_mine")]

    def __str__(self) -> str:
        return f"{self.number} {self.node}"


class NumberSequence(models.Model):
    """The last number given by an issuer in a series and year; moved on inside the verb."""

    id = models.BigAutoField(primary_key=True)
    issuer = models.CharField(max_length=64)
    series = models.CharField(max_length=24)
    year = models.IntegerField()
    last = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "series", "year"], name="number_series"),
        ]

    def __str__(self) -> str:
        return f"{self.issuer} {self.series} {self.year}"
