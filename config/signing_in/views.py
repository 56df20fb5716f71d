"""Pages for signing in, for factors and for sessions: allauth's, with what we add to them."""

from typing import Any

from allauth.account.internal.decorators import login_not_required
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import LoginView as AllauthLoginView
from allauth.mfa.base import views as base
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from config.signing_in import marks
from config.signing_in.factors import FactorAdapter
from config.signing_in.telling import tell


@login_not_required  # type: ignore[untyped-decorator]  # allauth has no types
def lead_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Answer at the admin's own address: the sign-in is elsewhere, and `next` goes along if it is ours."""
    if request.user.is_authenticated and not getattr(request.user, "is_staff", False):
        raise PermissionDenied
    following = get_next_redirect_url(request)
    query = f"?{urlencode({REDIRECT_FIELD_NAME: following})}" if following else ""
    return redirect(reverse("account_login") + query)


class LoginView(AllauthLoginView):  # type: ignore[misc]  # allauth has no types
    """Name and password, single sign-on, or both."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, unless a password is sent where none is taken.

        :raises PermissionDenied: then.
        """
        if request.method == "POST" and not settings.PASSWORD_SIGN_IN:
            raise PermissionDenied
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the page says, and how one may sign in."""
        following = get_next_redirect_url(self.request)
        return {
            **super().get_context_data(**kwargs),
            "by_password": settings.PASSWORD_SIGN_IN,
            "single_sign_on": settings.SINGLE_SIGN_ON.name if settings.SINGLE_SIGN_ON else "",
            "following": urlencode({REDIRECT_FIELD_NAME: following}) if following else "",
        }


class FactorsView(base.IndexView):  # type: ignore[misc]  # allauth has no types
    """The officer's factors, and whether one is missing."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the factors, and whether one has to be set up before anything else."""
        mark = marks.read(self.request.session)
        must = settings.REQUIRE_MFA and mark is not None and not mark.has_factor
        return {**super().get_context_data(**kwargs), "must": must}


class ActivateTOTPView(totp.ActivateTOTPView):  # type: ignore[misc]  # allauth has no types
    """Sets up an app that makes codes."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep it, and tell of it."""
        response: HttpResponse = super().form_valid(form)
        _note_added(self.request, "app")
        return response


class DeactivateTOTPView(totp.DeactivateTOTPView):  # type: ignore[misc]  # allauth has no types
    """Takes the app away."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Take it away, and tell of it."""
        response: HttpResponse = super().form_valid(form)
        tell("factor_removed", officer_id=self.request.user.pk, factor="app")
        return response


class AddKeyView(webauthn.AddWebAuthnView):  # type: ignore[misc]  # allauth has no types
    """Sets up a security key."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep it, and tell of it."""
        response: HttpResponse = super().form_valid(form)
        _note_added(self.request, "key")
        return response


class RemoveKeyView(webauthn.RemoveWebAuthnView):  # type: ignore[misc]  # allauth has no types
    """Takes a security key away, unless it is the last factor of somebody who must have one."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Take it away, and tell of it; or say why not."""
        if not FactorAdapter().can_delete_authenticator(self.get_object()):
            messages.error(self.request, FactorAdapter.error_messages["cannot_delete_authenticator"])
            return redirect("mfa_index")
        response: HttpResponse = super().form_valid(form)
        tell("factor_removed", officer_id=self.request.user.pk, factor="key")
        return response


class MakeRecoveryCodesView(recovery.GenerateRecoveryCodesView):  # type: ignore[misc]  # no types
    """Makes new recovery codes; those before are void."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Make them, and tell of it."""
        response: HttpResponse = super().form_valid(form)
        tell("recovery_codes_made", officer_id=self.request.user.pk)
        return response


class RecoveryCodesView(recovery.ViewRecoveryCodesView):  # type: ignore[misc]  # allauth has no types
    """Shows recovery codes, once, with a file to keep."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the codes the first time, and how many are left afterwards."""
        context = super().get_context_data(**kwargs)
        lines = "\n".join(
            ["Recovery codes for Accordant. Each is good once.", "", *context["unused_codes"], ""]
        )
        file = urlencode({"": lines})[1:].replace("+", "%20")
        return {**context, "file": f"data:text/plain;charset=utf-8,{file}"}


def _note_added(request: HttpRequest, factor: str) -> None:
    marks.note_factor(request.session)
    tell("factor_added", officer_id=request.user.pk, factor=factor)
