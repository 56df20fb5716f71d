"""The choices of a visitor."""

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from consent.portal.pages import go, page, show
from consent.portal.preferences import visiting
from consent.portal.preferences.recording import unsubscribe_all


@page("GET", "POST")
def choices(request: HttpRequest) -> HttpResponseBase:
    """Show that a visit is open, and take a no to everything."""
    at = timezone.now()
    visitor = visiting.read(request, at=at)
    if visitor is None:
        return go("choices_open")
    if request.method == "POST":
        unsubscribe_all(visitor, at=at)
        return go("choices")
    return show(request, "preferences/choices")
