"""The tables of the graph. A row's `told` is what events said of it, each part with when it was said."""

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now

from lineage.graph.types import Origin, PathKind

_SIDES = [("input", "input"), ("output", "output")]


class Named(models.Model):
    """A row that events name, from when on and until when."""

    digest = models.BinaryField(max_length=32, unique=True)  # of namespace and name: they may be long
    namespace = models.TextField()
    name = models.TextField()
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    told = models.JSONField(default=dict)
    owners = models.JSONField(default=list)  # of `told`

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.namespace} {self.name}"


class Dataset(Named):
    """Data under one name. Another name of the same data is another row, and an `Alias` joins them."""

    is_emitted = models.BooleanField(default=False)  # whether an event of ours named it
    is_told_personal = models.BooleanField(default=False)  # of `told`: by tags
    told_categories = models.JSONField(default=list)  # of `told`: by tags

    # What an officer declared; nothing that events tell takes it back.
    categories = models.JSONField(default=list, blank=True, db_default=Value([], models.JSONField()))
    is_personal = models.BooleanField(default=False, db_default=False)
    is_outside = models.BooleanField(default=False, db_default=False)
    owner = models.CharField(max_length=200, blank=True, default="", db_default="")
    declared_by = models.CharField(max_length=200, blank=True, default="", db_default="")
    declared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(is_told_personal=True) | Q(is_personal=True),
                name="lineage_graph_personal",
            ),
            models.Index(fields=["last_seen_at"], name="lineage_graph_dataset_seen"),
        ]


class Alias(models.Model):
    """Two names of the same data, as an event told; `dataset` has the smaller id.

    What others call one may not be one: see `rules.radar`.
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="+")
    is_emitted = models.BooleanField(default=False, db_default=False)  # whether an event of ours told it

    class Meta:
        verbose_name_plural = "aliases"
        constraints = [
            models.UniqueConstraint(fields=["dataset", "other"], name="lineage_graph_one_alias"),
            models.CheckConstraint(
                condition=Q(dataset__lt=models.F("other")), name="lineage_graph_alias_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id} = {self.other_id}"


class Job(Named):
    """What reads and writes datasets, again and again."""

    origin = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Origin])
    purpose = models.CharField(max_length=500, blank=True, default="")
    legal_basis = models.CharField(max_length=500, blank=True, default="")
    gate = models.CharField(max_length=200, blank=True, default="")  # the destination that it decides for
    last_run = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["last_seen_at"], name="lineage_graph_job_seen"),
            models.Index(fields=["id"], condition=Q(origin="emitted"), name="lineage_graph_ours"),
        ]


class Run(models.Model):
    """One run of a job. The same id told of two jobs is two runs: nobody else can tell of ours."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="runs")
    run_id = models.UUIDField()
    origin = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Origin])
    first_seen_at = models.DateTimeField()  # by the times that events tell
    last_seen_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # of `told`
    state = models.CharField(max_length=8)  # of `told`
    purpose = models.CharField(max_length=500, blank=True, default="")  # of `told`: decided for
    destination = models.CharField(max_length=200, blank=True, default="")
    controller = models.CharField(max_length=200, blank=True, default="")
    told = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "run_id"], name="lineage_graph_one_run"),
        ]
        indexes = [
            models.Index(fields=["run_id"], name="lineage_graph_run_id"),
            models.Index(fields=["last_seen_at"], name="lineage_graph_run_seen"),
            models.Index(
                fields=["destination", "id"], condition=~Q(destination=""), name="lineage_graph_decided"
            ),
        ]

    def __str__(self) -> str:
        return str(self.run_id)


class Flow(models.Model):
    """Data that goes from a dataset into a job, or out of it, in whichever runs: what searches follow."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="flows")
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="flows")
    direction = models.CharField(max_length=6, choices=_SIDES)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    told = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "dataset", "direction"], name="lineage_graph_one_flow"),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.dataset_id} of {self.job_id}"


class ColumnFlow(models.Model):
    """What an output column rested on, by the last event that said so of the job's output."""

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="columns")
    output = models.CharField(max_length=500, blank=True)  # "": which rows there are
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="+")
    column = models.CharField(max_length=500, blank=True)
    type = models.CharField(max_length=100, blank=True)
    subtype = models.CharField(max_length=100, blank=True)
    masking = models.BooleanField()

    class Meta:
        indexes = [models.Index(fields=["dataset", "column"], name="lineage_graph_column")]

    def __str__(self) -> str:
        return f"{self.output} from {self.column}"


class RunFlow(models.Model):
    """What one run read or wrote, and how much of it."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="flows")
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="+")
    direction = models.CharField(max_length=6, choices=_SIDES)
    rows = models.BigIntegerField(null=True)
    size = models.BigIntegerField(null=True)  # in bytes
    told = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "dataset", "direction"], name="lineage_graph_one_run_flow"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.dataset_id} of {self.run_id}"


class WaitingEvent(models.Model):
    """An event that is to enter the graph: already only what the graph keeps of it."""

    digest = models.BinaryField(max_length=32, unique=True)
    origin = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Origin])
    facts = models.TextField()
    arrived_at = models.DateTimeField(db_default=Now())
    parked_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(parked_at__isnull=True), name="lineage_graph_waiting")
        ]

    def __str__(self) -> str:
        return f"event {self.pk}"


class Boundary(models.Model):
    """Datasets that lie outside, or inside, by what their namespace and name begin with."""

    namespace = models.CharField(max_length=500)
    name = models.CharField(max_length=500, blank=True, default="")  # "": the namespace begins so
    is_outside = models.BooleanField()
    owner = models.CharField(max_length=200, blank=True, default="")
    note = models.CharField(max_length=1000, blank=True, default="")
    set_by = models.CharField(max_length=200)
    set_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "boundaries"
        constraints = [
            models.UniqueConstraint(fields=["namespace", "name"], name="lineage_graph_one_boundary"),
        ]

    def __str__(self) -> str:
        return f"{self.namespace} {self.name}"


class Acknowledgement(models.Model):
    """A path to the outside that an officer knows of, until a time."""

    kind = models.CharField(max_length=20, choices=[(one.value, one.value) for one in PathKind])
    source = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="+")
    target = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=1000)
    until = models.DateTimeField()
    acknowledged_by = models.CharField(max_length=200)
    acknowledged_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "source", "target"], name="lineage_graph_one_note"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} to {self.target_id}"
