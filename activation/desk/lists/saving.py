"""Saved views: kept, found again, and removed."""

from dataclasses import dataclass
from typing import Any

from django.contrib.admin.views.main import SEARCH_VAR
from django.db import IntegrityError, transaction
from django.http import QueryDict

from activation.desk.lists.identifiers import looks_like_identifier
from activation.desk.lists.models import LONGEST_NAME, LONGEST_QUERY, SavedFilter
from activation.desk.lists.reading import PASSING, list_unknown
from consent.kernel.errors import AccordantError

SHARE = "activation_desk.share_saved_filter"
MOST = 50
"""So many views of one list an officer keeps."""


class ViewNotSaved(AccordantError):
    """The view cannot be kept as it is."""

    code = "view_not_saved"
    status = 422


@dataclass(frozen=True)
class NewView:
    """A view that an officer names."""

    page: str
    name: str
    query: str
    is_shared: bool


def clean_query(listed: Any, query: QueryDict) -> str:
    """Return what of the query is kept: filters and order, in one order.

    :raises ViewNotSaved: if it holds a search, anything that is no filter, what looks like an identifier, or
        nothing.
    """
    if query.get(SEARCH_VAR):
        raise ViewNotSaved("A search is not kept: it may hold what people are known by. Filter instead")
    if any(list_unknown(listed, query)) or any(looks_like_identifier(one) for one in _values(query)):
        raise ViewNotSaved("Only filters and the order of a list are kept")
    kept = normalise(query)
    if not kept:
        raise ViewNotSaved("Filter or order the list first: there is nothing to keep yet")
    if len(kept) > LONGEST_QUERY:
        raise ViewNotSaved("Too many filters are set at once")
    return kept


def normalise(query: QueryDict) -> str:
    """Return the query without where one is on the list, in one order: equal views, equal texts."""
    kept = QueryDict(mutable=True)
    for name in sorted(query):
        if name not in PASSING and any(query.getlist(name)):
            kept.setlist(name, query.getlist(name))
    return kept.urlencode()


def save_view(*, officer: int, view: NewView) -> SavedFilter:
    """Keep a view.

    :raises ViewNotSaved: if its name is empty, too long or taken, or the officer keeps too many.
    """
    name = " ".join(view.name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or looks_like_identifier(name):
        raise ViewNotSaved(f"Give the view a name of 1 to {LONGEST_NAME} letters that names no person")
    own = SavedFilter.objects.of_page(view.page).filter(owner=officer)
    if own.count() >= MOST:
        raise ViewNotSaved(f"You keep {MOST} views of this list: remove one first")
    try:
        with transaction.atomic():
            return SavedFilter.objects.create(
                owner_id=officer, page=view.page, name=name, query=view.query, is_shared=view.is_shared
            )
    except IntegrityError as error:
        raise ViewNotSaved("You have a view of that name on this list") from error


def remove_view(*, officer: int, view: SavedFilter, may_share: bool) -> bool:
    """Remove a view of the officer's own, or a shared one if they may share; return whether it went."""
    if view.owner_id != officer and not (may_share and view.is_shared):
        return False
    view.delete()
    return True


def list_views(*, officer: int, page: str) -> list[SavedFilter]:
    """Return the views of a list that the officer sees: own ones and shared ones, by name."""
    rows = SavedFilter.objects.seen_by(officer).of_page(page)
    return list(rows.select_related("owner").order_by("name", "pk")[: 2 * MOST])


def _values(query: QueryDict) -> list[str]:
    return [value for name in query for value in query.getlist(name)]
