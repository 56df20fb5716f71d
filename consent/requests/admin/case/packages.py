"""The access package of a request: how far it is, what is withheld, and who took it."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest

from consent.requests.admin.access import READ
from consent.requests.admin.case.acts.packages import UNDO_REDACTION
from consent.requests.admin.case.doing import may_do
from consent.requests.admin.words import at_utc, say
from consent.requests.models import Package, Redaction, Request
from consent.requests.types import PackageState, StepAction, StepState

_MOST = 200
_KEPT = frozenset({PackageState.READY.value, PackageState.RELEASED.value})


def describe_package(case: Request, request: HttpRequest) -> Mapping[str, Any] | None:
    """Return what the page shows of the newest package; None if there is none."""
    package = case.packages.select_related("released_by").order_by("-created_at", "pk").first()
    if package is None:
        return None
    redactions = case.redactions.select_related("officer").order_by("-at", "-pk")[:_MOST]
    may_undo = may_do(request, UNDO_REDACTION) and UNDO_REDACTION.is_open(case)
    return {
        "state": say(package.state),
        "facts": list(_facts(package)),
        "percent": 100 * package.rows_done // package.rows_total if package.rows_total else 0,
        "is_building": package.state == PackageState.BUILDING.value,
        "rows_done": package.rows_done,
        "rows_total": package.rows_total,
        "trouble": package.last_error,
        "redactions": [_describe(one) for one in redactions],
        "may_undo": may_undo,
        "may_download": request.user.has_perm(READ) and package.state in _KEPT,
        "downloads": list(_downloads(package)),
    }


def describe_collected(case: Request, request: HttpRequest) -> list[Mapping[str, Any]]:
    """Return the steps whose rows the officer may look at."""
    if not request.user.has_perm(READ) or case.content_destroyed_at:
        return []
    ended = (StepState.DONE.value, StepState.PARTLY_DONE.value)
    rows = case.steps.filter(action=StepAction.COLLECT.value, state__in=ended, parts__gt=0)
    found = rows.select_related("system").order_by("system__order", "pk")
    return [{"id": step.pk, "title": step.system.title, "found": step.found} for step in found if step.system]


def _facts(package: Package) -> Iterator[tuple[str, str]]:
    if package.built_at:
        yield "Put together", at_utc(package.built_at)
        yield "Size", f"{package.size:,} bytes"
        yield "Digest", package.digest
    if package.released_at:
        by = f" by {package.released_by.get_username()}" if package.released_by else ""
        yield "Released", f"{at_utc(package.released_at)}{by}"
    if package.expires_at:
        yield "Can be taken until", at_utc(package.expires_at)


def _describe(one: Redaction) -> Mapping[str, Any]:
    return {
        "id": one.pk,
        "where": f"{one.system}: {one.dataset}",
        "what": one.field or "the whole row",
        "row": "every row" if one.row is None else f"row {one.row:,}",
        "reason": one.reason,
        "by": f"{one.officer.get_username()}, {at_utc(one.at)}",
    }


def _downloads(package: Package) -> Iterator[str]:
    for one in package.downloads.select_related("by_officer").order_by("-at", "-pk")[:_MOST]:
        yield f"{at_utc(one.at)}, {one.by_officer.get_username() if one.by_officer else 'the person'}"
