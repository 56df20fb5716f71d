"""Which language a visitor reads: the one they chose, else the first of their browser's that we write."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation.trans_real import parse_accept_lang_header

from consent.requests.wording.languages import DEFAULT, LANGUAGES, find_language

COOKIE = "accordant_language"
PARAMETER = "language"
_KEPT = 365 * 24 * 3600  # seconds


def read_language(request: HttpRequest) -> str:
    """Return the visitor's language."""
    chosen = [request.GET.get(PARAMETER, ""), request.COOKIES.get(COOKIE, "")]
    if language := next((one for one in chosen if one in LANGUAGES), None):
        return language
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    return find_language(tag for tag, _ in accepted) or DEFAULT


def keep_language(request: HttpRequest, response: HttpResponse) -> None:
    """Have the visitor's browser keep the language that they chose by a link."""
    chosen = request.GET.get(PARAMETER, "")
    if chosen in LANGUAGES:
        response.set_cookie(
            COOKIE, chosen, max_age=_KEPT, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
