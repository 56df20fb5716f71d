"""What an officer does only with a fresh proof of who they are: publishing, erasing, exporting, keys, rights.

Pages below know nothing of this: they are named here, by their URL names. A request that is refused has done
nothing, and is never sent again: the officer comes back to the form, and reads that nothing was done.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from config.csp import ADMIN
from config.signing_in import marks
from config.signing_in.leading import is_of_script, lead

NOTHING_DONE = "Nothing was done yet: you were asked to confirm that it is you. Please send the form again."
PAGES = frozenset(
    {
        # publishing
        "admin:consent_policies_policyversion_approve",
        "admin:consent_policies_policyversion_publish",
        # keys and credentials
        "admin:activation_checks_apiclient_add",
        "admin:activation_checks_apiclient_rotate",
        "admin:activation_checks_apiclient_revoke",
        "admin:activation_changes_subscription_connect_topic",
        "admin:activation_changes_subscription_connect_webhook",
        "admin:activation_changes_subscription_rotate",
        "admin:activation_destinations_destination_connect",
        "admin:activation_destinations_destination_disconnect",
        "admin:consent_requests_system_enter_secret",
        # who may be sent by whose string
        "admin:activation_destinations_destination_vendor",
        # roles and officers
        "admin:auth_group_add",
        "admin:auth_group_change",
        "admin:auth_group_delete",
        "admin:auth_user_add",
        "admin:auth_user_change",
        "admin:auth_user_delete",
        "admin:auth_user_password_change",
        "admin:password_change",
        # the officer's own factors
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_add_webauthn",
        "mfa_remove_webauthn",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        # what leaves
        "admin:activation_desk_personvisit_receipt",
        "admin:activation_desk_registerofprocessing_download",
        "admin:activation_desk_tracereport_trace",
        "admin:activation_desk_breachreport_open_report",
        "admin:consent_records_consentrecord_receipt",
        "admin:consent_requests_request_package",
    }
)
"""Pages that ask before they show anything: forms that do one of these things, and downloads."""
POSTS = frozenset(
    {
        "admin:activation_desk_personvisit_trace",
        "admin:auth_group_changelist",
        "admin:auth_user_changelist",
        "admin:axes_accessattempt_changelist",
        "admin:axes_accessattempt_delete",
        "admin:consent_records_invalidationrun_invalidate",
        "end_other_sessions",
    }
)
"""Pages that ask only if something is sent."""
PARTS: Mapping[str, tuple[str, frozenset[str]]] = {
    "admin:activation_desk_breachreport_step": ("step", frozenset({"approve", "destroy", "list"})),
    "admin:activation_desk_tracereport_step": ("step", frozenset({"csv", "json"})),
    "admin:consent_requests_request_do": ("name", frozenset({"approve", "erase-rest", "propose", "release"})),
}
"""Pages for many things, which their address tells apart: only the ones named here ask."""
ENDINGS = ("_export",)
"""How the names of pages end that send a whole list out of the house."""
Answer = Callable[[HttpRequest], HttpResponseBase]


class Middleware:
    """Asks for a proof before what is named above."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer."""
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> HttpResponse | None:
        """Return the way to the page that asks, or None if nothing has to be asked."""
        del view, args, kwargs
        if not needs_proof(request) or not request.user.is_authenticated or _is_proved(request):
            return None
        return require_fresh_sign_in(request)


def needs_proof(request: HttpRequest) -> bool:
    """Return whether the request is for one of the pages above."""
    match = request.resolver_match
    if match is None:
        return False
    name = match.view_name
    argument, parts = PARTS.get(name, ("", frozenset()))
    if name in PAGES or match.kwargs.get(argument) in parts:
        return True
    if request.path_info.startswith(ADMIN) and name.endswith(ENDINGS):
        return True
    return name in POSTS and request.method == "POST"


def require_fresh_sign_in(request: HttpRequest) -> HttpResponse:
    """Return the way to the page that asks, and back; of what was sent, say that it was not done."""
    query: dict[str, str | int] = {REDIRECT_FIELD_NAME: _find_way_back(request)}
    if request.method != "GET":
        messages.warning(request, NOTHING_DONE)
        query["posted"] = 1
    return lead(request, f"{reverse('confirm')}?{urlencode(query)}")


def _is_proved(request: HttpRequest) -> bool:
    mark = marks.read(request.session)
    return mark.is_fresh(timezone.now()) if mark else bool(settings.UNMARKED_SESSIONS_ALLOWED)


def _find_way_back(request: HttpRequest) -> str:
    """Return the page that the request came from if it was a form or a dialog of ours, or the page itself."""
    if request.method == "GET" and not is_of_script(request):
        return request.get_full_path()
    came_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()}):
        parts = urlsplit(came_from)
        if parts.path.startswith((ADMIN, "/account/")):
            return f"{parts.path}?{parts.query}" if parts.query else parts.path
    return reverse("admin:index")
