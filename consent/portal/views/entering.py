"""Ways into the preference centre, and out of it."""

from django.http import HttpRequest, HttpResponseBase

from consent.portal.pages import go, page
from consent.portal.preferences import visiting
from consent.portal.preferences.pages.showing import show_page


@page("GET")
def open_choices(request: HttpRequest) -> HttpResponseBase:
    """Say how to come in: by the link of a mailing."""
    return show_page(request, None, "said", {"name": "entering.ask"})


@page("POST")
def leave(request: HttpRequest) -> HttpResponseBase:
    """End the visit: for who uses a machine that others use, too."""
    visiting.end(request)
    return go("choices_open")
