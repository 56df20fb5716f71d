"""What a visitor reads when there is nothing at an address, or a form cannot be taken."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views import csrf

from consent.portal.pages import page, sorry

PORTAL = "/privacy/"


@page("GET", "POST")
def nothing(request: HttpRequest, rest: str = "") -> HttpResponseBase:  # noqa: ARG001 - of the address
    """Say that there is nothing here."""
    return sorry(request, "not_found", status=404)


def refuse_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form was open for too long; outside the portal, what Django says."""
    if request.path_info.startswith(PORTAL):
        return sorry(request, "form", status=403)
    return csrf.csrf_failure(request, reason)
