"""A list as it is shown for a query: the same rows, filters and order as on its own page."""

from collections.abc import Iterator
from copy import copy
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse

from consent.kernel.errors import AccordantError

PASSING = {PAGE_VAR, ALL_VAR, ERROR_FLAG, "_facets", "_popup", "_to_field"}
"""Parts of a query that say where on the list somebody is, not what it shows."""


class ListNotFiltered(AccordantError):
    """The query holds what the list has no filter for."""

    code = "list_not_filtered"
    status = 422


def get_pages(request: HttpRequest, page: str) -> Any:
    """Return the admin of the list `page` (`app.model`), which the officer may see.

    :raises Http404: if there is no such list.
    :raises PermissionDenied: if the officer may not see it.
    """
    found = {model._meta.label_lower: one for model, one in admin.site._registry.items()}.get(page)
    if found is None or not is_list(found):
        raise Http404
    if not found.has_view_or_change_permission(request):
        raise PermissionDenied
    return found


def is_list(pages: Any) -> bool:
    """Return whether the page shows rows of a table: some hold only pages of their own."""
    return bool(pages.model._meta.managed and pages.list_display != ("__str__",))


def list_address(page: str) -> str:
    """Return the address of a list."""
    return reverse(f"admin:{page.replace('.', '_')}_changelist")


def read_list(pages: Any, request: HttpRequest, query: QueryDict) -> Any:
    """Return the list as its page would show it for `query`.

    :raises ListNotFiltered: if the list has no such filter, or not with that value.
    """
    asked: Any = copy(request)
    asked.GET = query
    asked.method = "GET"
    try:
        return pages.get_changelist_instance(asked)
    except IncorrectLookupParameters as error:
        raise ListNotFiltered("This list has no such filter any more") from error


def list_filters(listed: Any) -> set[str]:
    """Return the parts of a query that the list's filters and its order take."""
    taken = {name for spec in listed.filter_specs for name in spec.expected_parameters()}
    return taken | {ORDER_VAR}


def list_unknown(listed: Any, query: QueryDict) -> Iterator[str]:
    """Yield the parts of the query that are neither filter nor order, nor say where on the list one is."""
    known = list_filters(listed) | PASSING
    yield from (name for name in query if name not in known)


def list_active(listed: Any, query: QueryDict) -> list[str]:
    """Return the names of the filters that are set, and `q` for a search."""
    known = (list_filters(listed) | {SEARCH_VAR}) - {ORDER_VAR}
    return sorted(name for name in query if name in known and query[name])
