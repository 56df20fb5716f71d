"""Views of lists that officers keep under a name."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

LONGEST_NAME = 60
LONGEST_QUERY = 2000


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    """Chainable filters of saved views."""

    def seen_by(self, officer: int) -> Self:
        """Keep the officer's own, and those that are shared with all."""
        return self.filter(Q(owner=officer) | Q(is_shared=True))

    def of_page(self, page: str) -> Self:
        """Keep those of one list."""
        return self.filter(page=page)


class SavedFilter(models.Model):
    """Filters and order of one list, under a name. No identifier: what was searched for is not kept."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=100)  # app label and model name: consent_records.importrun
    name = models.CharField(max_length=LONGEST_NAME)
    query = models.CharField(max_length=LONGEST_QUERY)
    is_shared = models.BooleanField(default=False)
    saved_at = models.DateTimeField(db_default=Now())

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [
            ("export_list", "Can export lists as files"),
            ("share_saved_filter", "Can share saved views with all officers, and remove shared ones"),
        ]
        verbose_name = "saved view"
        constraints = [
            models.UniqueConstraint(fields=["owner", "page", "name"], name="saved_filter_named_once"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(query=""), name="saved_filter_says_something"),
        ]
        indexes = [models.Index(fields=["page"], name="saved_filter_page")]

    def __str__(self) -> str:
        return self.name
