"""What officers wrote into the register, each time they did."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from activation.desk.register.topics import TOPICS
from consent.ledger.append_only import AppendOnly

# Plain texts: constraints are copied into migrations, which must not depend on the enum of the day.
_PLACES = {about.value: [topic.value for topic in topics] for about, topics in TOPICS.items()}
_TOPICS = [topic for topics in _PLACES.values() for topic in topics]
LONGEST_NOTE = 2000


class RegisterNoteQuerySet(models.QuerySet["RegisterNote"]):
    """Chainable filters of notes."""

    def written_by_then(self, moment: datetime) -> Self:
        """Keep those that were written at `moment` or before."""
        return self.filter(written_at__lte=moment)


class RegisterNote(models.Model):
    """What an officer wrote about a controller, a purpose or a destination: no field of the policy holds it.

    The last one at a place holds. A note is never changed: what the register said at any time can be told.
    """

    about = models.CharField(max_length=16, choices=[(about, about) for about in _PLACES])
    slug = models.CharField("which one", max_length=128)
    topic = models.CharField(max_length=32, choices=[(topic, topic.replace("_", " ")) for topic in _TOPICS])
    text = models.CharField(max_length=LONGEST_NOTE, blank=True)  # empty: the note before is taken back
    written_at = models.DateTimeField()
    written_by = models.CharField(max_length=150)  # an officer's user name
    recorded_at = models.DateTimeField(db_default=Now())

    objects = RegisterNoteQuerySet.as_manager()

    class Meta:
        verbose_name = "register note"
        triggers = [AppendOnly()]
        constraints = [
            models.UniqueConstraint(
                fields=["about", "slug", "topic", "written_at"], name="registernote_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(about="controller", topic__in=_PLACES["controller"])
                | Q(about="purpose", topic__in=_PLACES["purpose"])
                | Q(about="destination", topic__in=_PLACES["destination"]),
                name="registernote_topic_fits",
            ),
            models.CheckConstraint(condition=~Q(slug=""), name="registernote_is_about_something"),
        ]

    def __str__(self) -> str:
        return f"{self.about} {self.slug}: {self.topic.replace('_', ' ')}"


class RegisterOfProcessing(RegisterNote):
    """The register as a page of the admin. It has no rows: it is derived whenever it is read."""

    class Meta:
        proxy = True
        default_permissions = ("view",)
        verbose_name = "register of processing"
        verbose_name_plural = "register of processing"
