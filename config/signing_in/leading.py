"""Leads a browser elsewhere, whether it asked for a page or a script of a page's asked for a dialog."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def is_of_script(request: HttpRequest) -> bool:
    """Return whether htmx asks, to put the answer into the page that is open."""
    return request.headers.get("HX-Request") == "true"


def lead(request: HttpRequest, address: str) -> HttpResponse:
    """Return what leads the browser to `address`: a plain redirect would land inside the open page."""
    if is_of_script(request):
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)
