"""Filters of lists of rows."""

from typing import Any

from django.contrib import admin
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest

from consent.policies.admin.places import tell_version
from consent.policies.models import PolicyVersion
from consent.policies.types import PolicyStatus

_MOST_VERSIONS = 100


class VersionFilter(admin.SimpleListFilter):
    """Rows of one version; the drafts are listed first, then the newest."""

    title = "version"
    parameter_name = "version__id__exact"
    path = "version"

    @classmethod
    def of(cls, path: str) -> "type[VersionFilter]":
        """Return the filter for rows that reach their version by `path`."""
        return type("VersionFilter", (cls,), {"path": path})

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        """Return the versions."""
        is_draft = Case(When(status=PolicyStatus.DRAFT, then=Value(0)), default=Value(1))
        versions = PolicyVersion.objects.only("key", "version", "status").order_by(
            is_draft, "-created_at", "-pk"
        )
        return [(str(one.pk), tell_version(one)) for one in versions[:_MOST_VERSIONS]]

    def queryset(self, _request: HttpRequest, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        """Return the rows of the version that was chosen."""
        chosen = self.value()
        if not chosen:
            return rows
        if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 19):
            return rows.none()
        return rows.filter(**{self.path: int(chosen)})
