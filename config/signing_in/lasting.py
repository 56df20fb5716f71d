"""How long a session of an officer lasts. Pages for people and the API pass by untouched."""

from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from config.csp import ADMIN
from config.signing_in import marks
from config.signing_in.leading import is_of_script, lead
from config.signing_in.telling import tell

ACCOUNT = "/account/"
OFFICERS = (ADMIN, ACCOUNT)
_SEEN_EVERY = 60.0  # seconds; what is written more often only costs
Answer = Callable[[HttpRequest], HttpResponseBase]


class Middleware:
    """Ends sessions that lasted or lay idle for too long, and keeps the list of sessions right."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer, or lead to the sign-in if the session is over."""
        if request.path_info.startswith(OFFICERS) and request.user.is_authenticated and _is_over(request):
            return _end(request)
        response = self._get_response(request)
        if request.path_info.startswith(OFFICERS):
            _keep_listed(request)
        return response


def _is_over(request: HttpRequest) -> bool:
    """Return whether it is; a session that did not begin with our sign-in counts as over."""
    mark = marks.read(request.session)
    if mark is None:
        return not settings.UNMARKED_SESSIONS_ALLOWED
    return mark.is_over(timezone.now())


def _end(request: HttpRequest) -> HttpResponseBase:
    tell("session_over", officer_id=request.user.pk)
    logout(request)
    is_page = request.method == "GET" and not is_of_script(request)
    back = request.get_full_path() if is_page else settings.LOGIN_REDIRECT_URL
    return lead(request, redirect_to_login(back).url)


def _keep_listed(request: HttpRequest) -> None:
    """Note that the session is in use, and list it again after its key changed."""
    mark = marks.read(request.session) if request.user.is_authenticated else None
    if mark is None:
        return
    now, key = timezone.now(), request.session.session_key or ""
    if mark.listed_as != key:
        UserSession.objects.filter(user_id=request.user.pk, session_key=mark.listed_as).delete()
        UserSession.objects.create_from_request(request)
    elif now.timestamp() - mark.seen < _SEEN_EVERY:
        return
    marks.note_seen(request.session, at=now, listed_as=key)
