"""To the identity provider, and back."""

import logging

from allauth.account.internal.decorators import login_not_required
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.signing_in.single_sign_on.declared import ID
from config.signing_in.single_sign_on.officers import show_failure
from config.signing_in.single_sign_on.provider import FAILURES, Exchange
from config.signing_in.telling import tell

logger = logging.getLogger(__name__)


@never_cache
@login_not_required  # type: ignore[untyped-decorator]  # allauth has no types
@require_safe
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the identity provider."""
    return _carry_out(request, provider_id, OAuth2LoginView)


@never_cache
@login_not_required  # type: ignore[untyped-decorator]  # allauth has no types
@require_safe
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Let in who comes back from the identity provider with a code that is good."""
    return _carry_out(request, provider_id, OAuth2CallbackView)


def _carry_out(request: HttpRequest, provider_id: str, view: type) -> HttpResponse:
    if settings.SINGLE_SIGN_ON is None or provider_id != ID:
        raise Http404
    try:
        response: HttpResponse = view.adapter_view(Exchange(request, ID))(request)  # type: ignore[attr-defined]
    except FAILURES as wrong:
        logger.warning("single sign-on failed: %s", type(wrong).__name__)
        tell("sign_in_failed", by="single sign-on")
        return show_failure(request)
    return response
