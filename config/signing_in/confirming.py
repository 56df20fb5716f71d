"""The page on which an officer proves again who they are: by password, code, key or single sign-on."""

from typing import Any

from allauth.account.utils import get_next_redirect_url
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as webauthn
from django import forms
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from config.signing_in import marks
from config.signing_in.forms import AuthenticateKeyForm, ConfirmCodeForm, PasswordForm
from config.signing_in.passwords import check_password
from config.signing_in.telling import tell


@never_cache
@login_required
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Answer with the ways that are open to the officer; on POST, check one and go back."""
    officer: Any = request.user
    types = set(Authenticator.objects.filter(user=officer).values_list("type", flat=True))
    ways = _make_forms(request, officer, types)
    sent = next((form for form in ways.values() if form.is_bound), None)
    if sent is not None and _is_right(request, sent):
        return _go_back(request)
    context: dict[str, Any] = {**ways, "posted": "posted" in request.GET, "query": request.GET.urlencode()}
    if "key" in ways:
        context["options"] = webauthn.begin_authentication(officer)
    if settings.SINGLE_SIGN_ON:
        following = get_next_redirect_url(request) or settings.LOGIN_REDIRECT_URL
        context["single_sign_on"] = settings.SINGLE_SIGN_ON.name
        context["again"] = urlencode({"again": 1, REDIRECT_FIELD_NAME: following})
    return render(request, "signing_in/confirm.html", context, status=400 if sent is not None else 200)


def _make_forms(request: HttpRequest, officer: Any, types: set[str]) -> dict[str, forms.Form]:
    """Return the officer's ways by name; the one that was sent is filled in."""
    sent = request.POST if request.method == "POST" else None
    ways: dict[str, forms.Form] = {}
    if settings.PASSWORD_SIGN_IN and officer.has_usable_password():
        ways["password"] = PasswordForm(sent if sent and "password" in sent else None)
    if types - {Authenticator.Type.WEBAUTHN}:
        ways["code"] = ConfirmCodeForm(sent if sent and "code" in sent else None, user=officer)
    if Authenticator.Type.WEBAUTHN in types:
        ways["key"] = AuthenticateKeyForm(sent if sent and "credential" in sent else None, user=officer)
    return ways


def _is_right(request: HttpRequest, form: forms.Form) -> bool:
    if not form.is_valid():
        return False
    if isinstance(form, PasswordForm) and not check_password(request, form.cleaned_data["password"]):
        form.add_error("password", "This is not your password, or it was tried too often.")
        return False
    return True


def _go_back(request: HttpRequest) -> HttpResponse:
    marks.note_proof(request.session, at=timezone.now())
    tell("sign_in_confirmed", officer_id=request.user.pk)
    return redirect(get_next_redirect_url(request) or settings.LOGIN_REDIRECT_URL)
