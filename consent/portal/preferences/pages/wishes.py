"""Where a visitor wanted to go before they were asked who they are: a page of ours, kept in their session."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from consent.portal.preferences.pages.saving import ALL, UNDO

_WISH = "preferences_wish"
_ROOMS = frozenset({"choices", "choices_history", "choices_recipients", "choices_address"})


def keep(request: HttpRequest, room: str, *, purpose: str = "") -> None:
    """Have the visitor come to `room` once they have shown who they are: if it is one that waits for that."""
    if room in _ROOMS:
        request.session[_WISH] = {"room": room, "purpose": purpose}


def forget(request: HttpRequest) -> None:
    """Forget it: the visitor came by another way, or leaves."""
    request.session.pop(_WISH, None)


def take(request: HttpRequest) -> str:
    """Return the address that the visitor wanted, once; else that of their choices."""
    wish: dict[str, Any] = request.session.pop(_WISH, {})
    room, purpose = wish.get("room", ""), wish.get("purpose", "")
    address = reverse(f"portal:{room if room in _ROOMS else 'choices'}")
    return f"{address}#{find_place(purpose)}" if purpose else address


def find_place(purpose: str) -> str:
    """Return the name of a purpose's place on the page of choices."""
    return {ALL: "all", UNDO: "all"}.get(purpose, f"p-{purpose}")
