"""Saving, opening and removing views, as addresses of the admin."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from activation.desk.lists.models import LONGEST_QUERY, SavedFilter
from activation.desk.lists.reading import ListNotFiltered, get_pages, list_address, list_unknown, read_list
from activation.desk.lists.saving import SHARE, NewView, ViewNotSaved, clean_query, remove_view, save_view


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the view that the form names, and go back to the list."""
    page = request.POST.get("page", "")
    pages = get_pages(request, page)
    query = QueryDict(request.POST.get("query", "")[: 2 * LONGEST_QUERY])
    is_shared = "is_shared" in request.POST and request.user.has_perm(SHARE)
    kept = ""
    try:
        kept = clean_query(read_list(pages, request, query), query)
        view = NewView(page=page, name=request.POST.get("name", ""), query=kept, is_shared=is_shared)
        saved = save_view(officer=_officer(request), view=view)
        messages.success(request, f"Saved as {saved.name}.")
    except (ListNotFiltered, ViewNotSaved) as refusal:
        messages.error(request, f"The view is not saved. {refusal}.")
    return _back(page, kept)


@require_safe
def open_view(request: HttpRequest, view_id: int) -> HttpResponse:
    """Go to the list as it was saved; to the whole list where a filter is not there any more."""
    view = _find(request, view_id)
    pages, query = get_pages(request, view.page), QueryDict(view.query)
    try:
        is_whole = not any(list_unknown(read_list(pages, request, query), query))
    except ListNotFiltered:
        is_whole = False
    if is_whole:
        return _back(view.page, view.query)
    messages.warning(
        request,
        f"{view.name} filters by what this list has no filter for any more. Here is the whole list: filter"
        " it anew, save that view, and remove the old one.",
    )
    return _back(view.page, "")


@require_POST
def remove(request: HttpRequest, view_id: int) -> HttpResponse:
    """Remove a view, and go back to its list."""
    view = _find(request, view_id)
    if remove_view(officer=_officer(request), view=view, may_share=request.user.has_perm(SHARE)):
        messages.success(request, f"Removed the view {view.name}. The list itself is as it was.")
    else:
        messages.error(request, "Only who saved a view removes it, or who may share views.")
    get_pages(request, view.page)
    return _back(view.page, "")


def _find(request: HttpRequest, view_id: int) -> SavedFilter:
    view = SavedFilter.objects.seen_by(_officer(request)).filter(pk=view_id).first()
    if view is None:
        raise Http404
    return view


def _officer(request: HttpRequest) -> int:
    if request.user.pk is None:
        raise Http404
    return int(request.user.pk)


def _back(page: str, query: str) -> HttpResponse:
    return redirect(f"{list_address(page)}?{query}" if query else list_address(page))
