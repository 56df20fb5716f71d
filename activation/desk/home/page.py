"""The home page: what needs an officer, said first in words, then the panels that they may see."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from django.http import HttpRequest

from activation.desk.home.panels import (
    canaries,
    conflicts,
    consent_rate,
    ledger,
    messages,
    paths,
    policies,
    requests,
    runs,
    withdrawals,
)
from activation.desk.home.types import Asked, Need, Panel, Tone


class Part(Protocol):
    """A part of the page, which looks whether it is for the officer."""

    PERMISSIONS: tuple[str, ...]
    """Any of them lets an officer see it."""

    lay_out: Callable[[Asked], Panel]


PARTS: Sequence[Any] = (
    requests,
    policies,
    withdrawals,
    ledger,
    canaries,
    paths,
    messages,
    conflicts,
    runs,
    consent_rate,
)
"""In the order of the page: what has a term set by law comes first."""


def lay_out(request: HttpRequest, *, at: datetime) -> dict[str, Any]:
    """Return what the template shows. The statements are as many, whatever there is to count."""
    asked = Asked(
        officer_id=int(request.user.pk or 0),
        may=request.user.has_perm,
        at=at,
        chosen={name: str(value) for name, value in request.GET.items()},
    )
    panels = [part.lay_out(asked) for part in PARTS if any(map(asked.may, part.PERMISSIONS))]
    needs = sorted((need for panel in panels for need in panel.needs), key=_is_less_urgent)
    return {"panels": panels, "needs": needs, "headline": say_needs(needs), "looked_at": at}


def say_needs(needs: Sequence[Need]) -> str:
    """Return the page's first line."""
    if not needs:
        return "Nothing needs you"
    return "1 thing needs you" if len(needs) == 1 else f"{len(needs)} things need you"


def _is_less_urgent(need: Need) -> bool:
    return need.tone is not Tone.WRONG
