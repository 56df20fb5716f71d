"""What an installation says in its mails instead of our words."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class OwnText(models.Model):
    """One change of one text by an officer. The newest row of a name and language holds; none is lost."""

    catalogue = models.CharField(max_length=32)
    name = models.CharField(max_length=64)  # such as received.body
    language = models.CharField(max_length=8)
    text = models.TextField(blank=True)  # empty: our words again
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        permissions = [("edit_wording", "Can change what mails to people say")]
        indexes = [models.Index(fields=["catalogue", "language", "name", "-id"], name="own_text_newest")]

    def __str__(self) -> str:
        return f"{self.catalogue}: {self.name} ({self.language})"
