"""What cannot be added, changed or deleted by hand, and is found by its run."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

Row = TypeVar("Row", bound=Model)


class ReadOnlyAdmin(ModelAdmin):
    """Rows to look at."""

    list_per_page = 50
    show_full_result_count = False  # counts the whole table a second time

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: rows are made by what they tell of."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: evidence is read-only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: evidence is read-only."""
        return False


def find_run(queryset: QuerySet[Row], term: str) -> QuerySet[Row]:
    """Keep the rows of the run whose id was typed, all if nothing was; none if the text is no id."""
    if not term.strip():
        return queryset
    try:
        return queryset.filter(run_id=UUID(term.strip()))
    except ValueError:
        return queryset.none()
