"""The groups as one officer sees them: pages that they may open, and where they are now."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from activation.desk.queries import count_ungated
from config.sidebar.pages import GROUPS
from config.sidebar.types import LIST, Page

Entry = dict[str, Any]
COUNTS = {"ungated": count_ungated}
REST = "Other"
"""The group of what is registered and stands in no other: officers reach it, and a test is red."""


def list_groups(request: HttpRequest) -> list[Entry]:
    """Return a group for each word, an item for each page that the officer may open. One is marked."""
    admins = {model._meta.label_lower: one for model, one in admin.site._registry.items()}
    groups: list[Entry] = [
        {
            "title": group.title,
            "items": [_item(page) for page in group.pages if _may_open(page, request, admins)],
        }
        for group in GROUPS
    ]
    rest = [Page(name, label) for label, name in list_undeclared()]
    groups.append(
        {"title": REST, "items": [_item(page) for page in rest if _may_open(page, request, admins)]}
    )
    groups = [group for group in groups if group["items"]]
    _mark([item for group in groups for item in group["items"]], request.path)
    return groups


def list_undeclared() -> Iterator[tuple[str, str]]:
    """Yield the label and the name of each list that is registered and stands in no group."""
    declared = {page.label for group in GROUPS for page in group.pages if page.view == LIST}
    for model in admin.site._registry:
        if model._meta.label_lower not in declared:
            yield model._meta.label_lower, str(model._meta.verbose_name_plural).capitalize()


def _may_open(page: Page, request: HttpRequest, admins: dict[str, Any]) -> bool:
    if not page.label:
        return True
    one = admins.get(page.label)
    if (
        one is None
        or _address(page) is None
        or (page.permission and not request.user.has_perm(page.permission))
    ):
        return False
    return bool(page.permission or one.has_view_or_change_permission(request))


def _address(page: Page) -> str | None:
    """Return where the page is; None where it is not built."""
    try:
        return reverse(
            page.url_name if page.label else "admin:index", args=[page.argument] if page.argument else []
        )
    except NoReverseMatch:
        return None


def _item(page: Page) -> Entry:
    item: Entry = {
        "title": page.title,
        "link": _address(page),
        "active": False,
        "label": page.label if page.view == LIST else "",
        "first": page.first,
    }
    if page.counts and (count := COUNTS[page.counts]()):
        item |= {"badge": count, "badge_variant": "warning"}
    return item


def _mark(items: list[Entry], path: str) -> None:
    """Mark the page that the address lies in: of several, the one with the longest address.

    The page that exports a list is the list's.
    """
    home = reverse("admin:index")
    exported = [one for one in items if one["label"] and path.endswith(f"/export/{one['label']}/")]
    found = exported or [
        one for one in items if path == one["link"] or (one["link"] != home and path.startswith(one["link"]))
    ]
    if found:
        max(found, key=lambda one: len(one["link"]))["active"] = True
