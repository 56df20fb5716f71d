"""Who comes in by single sign-on: an officer known by then, or one made now; and with which roles."""

import logging
from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.utils import user_email
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.signing_in.single_sign_on.standing import get_identity_provider
from config.signing_in.telling import tell

logger = logging.getLogger(__name__)


class OfficerAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Lets officers in whom the provider vouches for and the settings allow."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find the officer, and give the roles that the provider's groups mean.

        :raises ImmediateHttpResponse: with a page that says no more than that nobody comes in.
        """
        claims: dict[str, Any] = sociallogin.claims
        if reason := find_refusal(claims):
            raise _refuse(request, reason)
        if not sociallogin.is_existing:
            self._find_or_make(request, sociallogin, claims)
        officer = sociallogin.user
        if not (officer.is_active and officer.is_staff):
            raise _refuse(request, "not an active officer")
        give_roles(officer, claims)

    def _find_or_make(self, request: HttpRequest, sociallogin: SocialLogin, claims: dict[str, Any]) -> None:
        address = str(claims.get("email") or "")
        namesakes = list(User.objects.filter(email__iexact=address)[:2]) if address else []
        if namesakes and (claims.get("email_verified") is not True or len(namesakes) > 1):
            raise _refuse(request, "an account has this address, and the provider did not verify it")
        if namesakes:
            sociallogin.connect(request, namesakes[0])
        elif get_identity_provider().makes_officers:
            self._make(request, sociallogin, claims)
        else:
            raise _refuse(request, "no account has this address")

    @transaction.atomic
    def _make(self, request: HttpRequest, sociallogin: SocialLogin, claims: dict[str, Any]) -> None:
        """Make an officer without a password. A name that is taken gets a number: it stays its owner's."""
        officer = sociallogin.user
        wanted = [str(claims.get("preferred_username") or ""), "officer"]
        officer.username = get_account_adapter().generate_unique_username(wanted)
        officer.is_staff = True
        verified = claims.get("email_verified") is True
        user_email(officer, str(claims.get("email") or "") if verified else "")
        sociallogin.email_addresses = []
        self.save_user(request, sociallogin)
        tell("officer_made", officer_id=officer.pk, by="single sign-on")

    def on_authentication_error(self, request: HttpRequest, provider: Any, **what: Any) -> None:
        """Say that it did not work, and log why.

        :raises ImmediateHttpResponse: with the page that says so.
        """
        del provider
        why = what.get("exception")
        logger.warning("single sign-on failed: %s", type(why).__name__ if why else what.get("error"))
        tell("sign_in_failed", by="single sign-on")
        raise ImmediateHttpResponse(show_failure(request))


def find_refusal(claims: dict[str, Any]) -> str:
    """Return why the claims let nobody in, empty if they do."""
    declared = get_identity_provider()
    address = str(claims.get("email") or "")
    if declared.domains:
        domain = address.rpartition("@")[2].lower()
        if domain not in declared.domains or claims.get("email_verified") is not True:
            return "the address is not of an allowed domain"
    if declared.groups and not read_roles(claims):
        return "no group has a role"
    return ""


def read_roles(claims: dict[str, Any]) -> set[str]:
    """Return the roles that the claims' groups mean here."""
    declared = get_identity_provider()
    held = claims.get(declared.groups_claim)
    theirs = {str(one) for one in held} if isinstance(held, list) else set()
    return {ours for group, ours in declared.groups.items() if group in theirs}


def give_roles(officer: User, claims: dict[str, Any]) -> None:
    """Give the officer exactly those of the declared roles that the claims mean; other groups stay."""
    declared = set(get_identity_provider().groups.values())
    if not declared:
        return
    wanted = read_roles(claims)
    had = set(officer.groups.filter(name__in=declared).values_list("name", flat=True))
    if wanted == had:
        return
    officer.groups.remove(*Group.objects.filter(name__in=had - wanted))
    officer.groups.add(*Group.objects.filter(name__in=wanted - had))
    tell("roles_given", officer_id=officer.pk, roles=sorted(wanted), by="single sign-on")


def show_failure(request: HttpRequest) -> HttpResponse:
    """Return the page that says that single sign-on did not work."""
    return render(request, "signing_in/refused.html", status=403)


def _refuse(request: HttpRequest, reason: str) -> ImmediateHttpResponse:
    tell("sign_in_refused", by="single sign-on", reason=reason)
    return ImmediateHttpResponse(show_failure(request))
