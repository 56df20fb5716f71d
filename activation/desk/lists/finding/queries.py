"""What a word leads to: pages, and things by their slug, name, reference or id."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q, UUIDField
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from activation.desk.lists.finding.types import FINDABLE, Findable, Found
from activation.desk.lists.models import SavedFilter

EACH = 6
"""So many of one kind are shown; a narrower word, or the list itself, leads to the others."""
_WAYS = {"=": "iexact", "^": "istartswith"}


def find(request: HttpRequest, words: str) -> list[Found]:
    """Return what `words` lead to and the officer may see: pages first, then saved views, then things."""
    return [*_find_pages(request, words), *_find_views(request, words), *_find_things(request, words)]


def _find_pages(request: HttpRequest, words: str) -> Iterator[Found]:
    for group in admin.site.get_sidebar_list(request):  # type: ignore[attr-defined]  # unfold's
        for item in group["items"]:
            if words.lower() in f"{group['title']} {item['title']}".lower():
                yield Found(item["title"], group["title"], item["link"])


def _find_views(request: HttpRequest, words: str) -> Iterator[Found]:
    rows = SavedFilter.objects.seen_by(request.user.pk or 0).filter(name__icontains=words)
    for row in rows.order_by("name", "pk")[:EACH]:
        yield Found(row.name, "Saved view", reverse("admin:activation_desk_savedfilter_open", args=[row.pk]))


def _find_things(request: HttpRequest, words: str) -> Iterator[Found]:
    admins = {model._meta.label_lower: one for model, one in admin.site._registry.items()}
    for findable in FINDABLE:
        pages = admins.get(findable.label)
        if pages is not None and pages.has_view_or_change_permission(request):
            yield from _find_rows(request, pages, findable, words)


def _find_rows(request: HttpRequest, pages: Any, findable: Findable, words: str) -> Iterator[Found]:
    wanted = _wanted(pages.model, findable, words)
    if not wanted:
        return
    rows = pages.get_queryset(request).filter(wanted).order_by(*pages.get_ordering(request))
    for row in rows[:EACH]:
        yield Found(str(row), str(pages.opts.verbose_name).capitalize(), _address(pages, row))


def _wanted(model: Any, findable: Findable, words: str) -> Q:
    wanted = Q()
    for field in findable.fields:
        name = field.lstrip("=^")
        try:
            is_id = isinstance(model._meta.get_field(name), UUIDField)
        except FieldDoesNotExist:
            continue
        if is_id:
            wanted |= Q(**{name: words}) if _is_uuid(words) else Q()
        else:
            wanted |= Q(**{f"{name}__{_WAYS.get(field[0], 'icontains')}": words})
    return wanted


def _address(pages: Any, row: Any) -> str:
    name = f"admin:{pages.opts.app_label}_{pages.opts.model_name}"
    try:
        return reverse(f"{name}_change", args=[row.pk])
    except NoReverseMatch:
        return reverse(f"{name}_changelist")


def _is_uuid(words: str) -> bool:
    try:
        UUID(words)
    except ValueError:
        return False
    return True
