"""What each destination holds: segments of people, in pages that a look-up finds without opening them."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from activation.enforcement.membership.types import Held, SegmentState
from consent.keys.types import SealedSecret

_APP = "activation_enforcement"
_STATES = [state.value for state in SegmentState]


class Holding(models.Model):
    """One audience at one destination, with the question that let people into it."""

    destination = models.CharField(max_length=64)
    audience = models.CharField(max_length=64)
    purpose = models.CharField(max_length=200)
    controller = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    kek_version = models.PositiveIntegerField()
    wrapped = models.BinaryField()  # the data key of pages and suppressions, as a sealed secret
    sealed = models.BinaryField()

    class Meta:
        app_label = _APP
        verbose_name = "what a destination holds"
        verbose_name_plural = "what destinations hold"
        constraints = [
            models.UniqueConstraint(
                fields=["destination", "audience", "purpose", "controller"], name="holding_once"
            ),
            models.CheckConstraint(condition=Q(kek_version__gte=1), name="holding_key_version_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.audience} at {self.destination}, for {self.purpose}"

    def as_held(self) -> Held:
        """Return what tells this holding from others."""
        return Held(
            id=self.pk,
            destination=self.destination,
            audience=self.audience,
            purpose=self.purpose,
            controller=self.controller,
        )

    def as_sealed(self) -> SealedSecret:
        """Return the data key as it is opened and wrapped anew."""
        return SealedSecret(version=self.kek_version, wrapped=bytes(self.wrapped), sealed=bytes(self.sealed))


class Segment(models.Model):
    """The people of one delivery of a holding: a run's, or what a stream let pass for some time."""

    holding = models.ForeignKey(Holding, on_delete=models.PROTECT, related_name="segments")
    run_id = models.UUIDField(unique=True)  # the run's, or one made for the occasion
    state = models.CharField(max_length=16, choices=[(state, state) for state in _STATES])
    bits = models.PositiveSmallIntegerField()  # a member's page: the first bits of its key
    members = models.BigIntegerField(default=0)
    identifiers = models.JSONField(default=dict, blank=True)  # kind -> the column that the destination has
    has_strangers = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    held_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = _APP
        constraints = [
            models.CheckConstraint(condition=Q(state__in=_STATES), name="segment_state_known"),
            models.CheckConstraint(condition=Q(bits__lte=24), name="segment_bits_bounded"),
        ]

    def __str__(self) -> str:
        return f"{self.members} people of {self.run_id}"


class Page(models.Model):
    """Some members of a segment: those whose keys begin with the same bits."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="pages")
    bucket = models.PositiveIntegerField()
    keys = models.BinaryField()  # of 8 bytes each, ascending
    sealed = models.BinaryField()  # the members, under the holding's key
    due_at = models.DateTimeField(null=True, blank=True)  # when a member's allow ends first; null: never
    world = models.CharField(max_length=64)  # of the rules they were decided by; empty: decide them again
    is_readable = models.BooleanField(default=True)  # false: it was found not to open

    class Meta:
        app_label = _APP
        constraints = [
            models.UniqueConstraint(fields=["segment", "bucket"], name="page_once"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="page_due"),
            models.Index(fields=["world", "id"], name="page_world"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id}/{self.bucket}"
