"""What every page of the admin shows: where one is, and what one can do with a list."""

from typing import Any

from django import template
from django.urls import reverse

from activation.desk.lists.exporting.action import EXPORT_PAGE
from activation.desk.lists.exporting.views import may_export
from activation.desk.lists.finding.page import find_person_address
from activation.desk.lists.reading import PASSING, is_list, list_unknown
from activation.desk.lists.saving import SHARE, list_views, normalise

register = template.Library()


def _current(context: Any) -> tuple[str, dict[str, Any]]:
    """Return the group and the entry of the page that one is on; empty ones where it stands in no group."""
    for group in context.get("sidebar_navigation") or ():
        for item in group["items"]:
            if item.get("active"):
                return group["title"], item
    return "", {}


@register.simple_tag(takes_context=True)
def page_name(context: Any) -> str:
    """Return the page's name: a list is called as in the sidebar."""
    _, item = _current(context)
    title = str(context.get("title") or "")
    return (
        str(item["title"]) if item.get("label") and "cl" in context else title or str(item.get("title", ""))
    )


@register.simple_tag(takes_context=True)
def first_step(context: Any) -> str:
    """Return what an officer does first where a list is empty."""
    return str(_current(context)[1].get("first", ""))


@register.simple_tag(takes_context=True)
def trail(context: Any) -> list[dict[str, str]]:
    """Return the way to the page: its group, its list, and what is open. The last has no address."""
    group, item = _current(context)
    if not item:
        return [{"title": str(context.get("title") or "")}]
    parts = [{"title": group}] if item["title"] != "Home" else []
    parts.append({"title": item["title"], "link": item["link"]})
    if context["request"].path != item["link"]:
        shown = context.get("original") if "adminform" in context else None
        parts.append({"title": str(shown or context.get("title") or "")})
    return [*parts[:-1], {"title": parts[-1]["title"]}]


@register.simple_tag(takes_context=True)
def find_person_page(context: Any) -> str:
    """Return where people are found; empty if the officer may not."""
    return find_person_address(context["request"])


@register.inclusion_tag("admin/desk/lists/bar.html", takes_context=True)
def list_bar(context: Any, listed: Any) -> dict[str, Any]:
    """Show the saved views of a list, and what saves this one, removes one, or exports what matches."""
    request, page = context["request"], listed.model._meta.label_lower
    shown, officer = normalise(request.GET), request.user.pk or 0
    views = list_views(officer=officer, page=page)
    may_share = request.user.has_perm(SHARE)
    address = reverse(EXPORT_PAGE, args=[page]) if may_export(request) and is_list(listed.model_admin) else ""
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "page": page,
        "query": shown,
        "views": [(one, one.query == shown) for one in views],
        "removable": [one for one in views if one.owner_id == officer or (may_share and one.is_shared)],
        "can_save": bool(shown) and not any(list_unknown(listed, request.GET)),
        "is_searched": bool(listed.query),
        "may_share": may_share,
        "export": f"{address}?{_without_passing(request.GET)}" if address else "",
    }


def _without_passing(query: Any) -> str:
    kept = query.copy()
    for name in PASSING:
        kept.pop(name, None)
    return str(kept.urlencode())
