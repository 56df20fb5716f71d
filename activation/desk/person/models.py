"""Look-ups of people: who looked, when and why. Whom, lies sealed, and goes when the visit is over."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from activation.desk.person.types import Outcome
from activation.desk.tracing.types import Access
from consent.keys.types import SealedSecret

_APP = "activation_desk"
_ACCESSES = [access.value for access in Access]
_OUTCOMES = [outcome.value for outcome in Outcome]


class PersonVisit(models.Model):
    """One look-up of a person. The page is open to the officer who looked, until it expires."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    access = models.CharField(max_length=16, choices=[(one, one) for one in _ACCESSES])
    reason = models.CharField(max_length=200)  # no personal data
    outcome = models.CharField(max_length=16, choices=[(one, one) for one in _OUTCOMES])
    visited_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    kek_version = models.PositiveIntegerField(default=0)  # 0: by what was looked is forgotten
    wrapped = models.BinaryField(default=b"")
    sealed = models.BinaryField(default=b"")

    class Meta:
        app_label = _APP
        verbose_name, verbose_name_plural = "look-up of a person", "look-ups of people"
        permissions = [
            ("find_person", "Can look a person up, and read their page"),
            ("act_for_person", "Can record a no for a person, on their page"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(access__in=_ACCESSES), name="visit_access_known"),
            models.CheckConstraint(condition=Q(outcome__in=_OUTCOMES), name="visit_outcome_known"),
        ]
        indexes = [
            models.Index(fields=["officer", "visited_at"], name="visit_by_officer"),
            models.Index(fields=["-visited_at", "id"], name="visit_newest_first"),
            models.Index(fields=["expires_at"], condition=~Q(kek_version=0), name="visit_to_seal_off"),
        ]

    def __str__(self) -> str:
        return f"look-up of {self.visited_at:%Y-%m-%d %H:%M}"

    @property
    def key_name(self) -> str:
        """The name under which the row opens, and no other does."""
        return f"personvisit/{self.pk}"

    def as_sealed(self) -> SealedSecret:
        """Return by what somebody was looked up, as it is opened."""
        return SealedSecret(version=self.kek_version, wrapped=bytes(self.wrapped), sealed=bytes(self.sealed))


class PersonAct(models.Model):
    """A no that an officer recorded for a person, once for each form that was shown."""

    token = models.UUIDField(primary_key=True)  # of the form: sent twice, it is one act
    visit = models.ForeignKey(PersonVisit, on_delete=models.CASCADE, related_name="acts")
    records = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(db_default=Now())

    class Meta:
        app_label = _APP

    def __str__(self) -> str:
        return str(self.token)
