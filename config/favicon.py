"""The sign in the browser's tab, for pages that name none, as error pages of frameworks do."""

from django.http import HttpRequest, HttpResponseRedirect
from django.templatetags.static import static


def favicon(_request: HttpRequest) -> HttpResponseRedirect:
    """Lead to the file, wherever static files lie."""
    return HttpResponseRedirect(static("accordant/favicon.svg"))
