"""The data map: which system holds what about people, and what becomes of it."""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from consent.keys.types import SealedSecret
from consent.requests.models.choices import is_listed, listed
from consent.requests.types import Masking, OnErasure, SystemKind
from consent.subjects.types import IdentifierKind


class System(models.Model):
    """One system that holds data about people."""

    slug = models.SlugField(max_length=64, unique=True)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=listed(SystemKind))
    connection = models.CharField(
        max_length=64, blank=True, help_text="Of a database: its name in ACCORDANT_SYSTEMS."
    )
    settings = models.JSONField(default=dict, blank=True)  # as its kind asks for; no secret
    order = models.PositiveSmallIntegerField(default=100, help_text="Smaller ones are erased first.")
    owner = models.CharField(max_length=200, blank=True)
    instructions = models.TextField(blank=True, help_text="Of a human task: what to do.")
    backup_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="After so many days no backup holds what was erased."
    )
    answers_within_hours = models.PositiveIntegerField(default=72, help_text="Then somebody has to look.")
    is_enabled = models.BooleanField(default=True)
    tested_at = models.DateTimeField(null=True, blank=True, editable=False)
    kek_version = models.PositiveIntegerField(default=0, editable=False)  # 0: no secret
    wrapped = models.BinaryField(default=b"", editable=False)
    sealed = models.BinaryField(default=b"", editable=False)

    class Meta:
        constraints = [is_listed("kind", SystemKind)]

    def __str__(self) -> str:
        return self.title

    @property
    def key_name(self) -> str:
        """The name that the system's secret is sealed under."""
        return f"system/{self.slug}"

    def as_sealed(self) -> SealedSecret:
        """Return the secret as it is opened and wrapped anew."""
        return SealedSecret(version=self.kek_version, wrapped=bytes(self.wrapped), sealed=bytes(self.sealed))


class Dataset(models.Model):
    """A table, a kind of file, or a kind of record of one system."""

    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="datasets")
    name = models.CharField(max_length=200)  # as the system calls it: schema.table, a prefix of objects
    title = models.CharField(max_length=200)
    purposes = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    retention = models.CharField(max_length=200, blank=True)
    key_fields = ArrayField(models.CharField(max_length=128), default=list, blank=True)  # tell rows apart
    on_erasure = models.CharField(max_length=8, choices=listed(OnErasure), default=OnErasure.DELETE.value)
    keep_ground = models.CharField(max_length=300, blank=True)  # of KEEP: the law that asks for it
    in_access = models.BooleanField(default=True)
    is_derived = models.BooleanField(
        default=False, help_text="Worked out from other data, not given or observed: not portable (Art. 20)."
    )

    class Meta:
        constraints = [
            is_listed("on_erasure", OnErasure),
            models.UniqueConstraint(fields=["system", "name"], name="dataset_once"),
            models.CheckConstraint(
                condition=~Q(on_erasure=OnErasure.KEEP.value) | ~Q(keep_ground=""),
                name="dataset_kept_with_ground",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system_id}: {self.name}"


class Field(models.Model):
    """One field of a dataset."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="fields")
    name = models.CharField(max_length=128)
    title = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=64)  # of the policy's data categories
    identifier_kind = models.CharField(max_length=16, choices=listed(IdentifierKind), blank=True)
    masking = models.CharField(max_length=8, choices=listed(Masking), default=Masking.NULL.value)
    replacement = models.CharField(max_length=200, blank=True)
    keep_ground = models.CharField(max_length=300, blank=True)
    is_third_party = models.BooleanField(default=False, help_text="Tells of somebody else: hidden in access.")
    in_access = models.BooleanField(default=True)
    is_free_text = models.BooleanField(
        default=False, help_text="Written by people: addresses and numbers of others in it are hidden."
    )
    is_derived = models.BooleanField(
        default=False, help_text="Worked out from other data, not given or observed: not portable (Art. 20)."
    )

    class Meta:
        constraints = [
            is_listed("masking", Masking),
            is_listed("identifier_kind", IdentifierKind, optional=True),
            models.UniqueConstraint(fields=["dataset", "name"], name="field_once"),
            models.CheckConstraint(
                condition=~Q(masking=Masking.KEEP.value) | ~Q(keep_ground=""), name="field_kept_with_ground"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Reference(models.Model):
    """How rows of a dataset belong to a person: one of its fields names a row of another dataset."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="references")
    field = models.CharField(max_length=128)
    to_dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="referred_by")
    to_field = models.CharField(max_length=128)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "field", "to_dataset", "to_field"], name="reference_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field} to {self.to_field}"


class LegalHold(models.Model):
    """Data that must not be erased for now: a court case, an audit, a claim."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    reference = models.CharField(max_length=100)  # of the case
    ground = models.CharField(max_length=300)  # the law that asks for it
    system = models.ForeignKey(System, on_delete=models.PROTECT, null=True, blank=True, related_name="holds")
    dataset = models.ForeignKey(
        Dataset, on_delete=models.PROTECT, null=True, blank=True, related_name="holds"
    )
    subject_ref = models.CharField(max_length=64, blank=True)  # empty: everybody in that system or dataset
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    placed_at = models.DateTimeField(db_default=Now())
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="hold_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=~Q(reference="") & ~Q(ground=""), name="hold_with_reference"),
        ]
        indexes = [
            models.Index(fields=["since"], condition=Q(lifted_at__isnull=True), name="hold_standing"),
        ]

    def __str__(self) -> str:
        return self.reference
