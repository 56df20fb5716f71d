"""What Django's checks say of these settings: a service that is open by mistake does not start."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

from config.env import env


@register(Tags.security)
def check_signing_in(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Return what is wrong, which `manage.py check` refuses to go on with."""
    del app_configs
    return [Error(message, id=f"signing_in.E{number:03}") for number, message in find_faults()]


def insist() -> None:
    """Let no process of a real installation start with faults: web servers run no checks.

    :raises ImproperlyConfigured: if there are some.
    """
    if settings.SIGN_IN_MUST_BE_SAFE and (faults := [message for _, message in find_faults()]):
        raise ImproperlyConfigured(" ".join(faults))


def find_faults() -> Iterator[tuple[int, str]]:
    """Yield what is wrong, each with its number."""
    if not settings.PASSWORD_SIGN_IN and settings.SINGLE_SIGN_ON is None:
        yield 1, "ACCORDANT_PASSWORD_SIGN_IN is off and no single sign-on is declared: nobody could sign in."
    if settings.SINGLE_SIGN_ON_FACTORS and settings.SINGLE_SIGN_ON is None:
        yield 2, "ACCORDANT_OIDC_FACTORS trusts a provider that is not declared."
    if settings.FRESH_SIGN_IN.total_seconds() <= 0 or settings.SESSION_IDLE.total_seconds() <= 0:
        yield 3, "ACCORDANT_FRESH_SIGN_IN_MINUTES and ACCORDANT_SESSION_IDLE_MINUTES must be 1 or more."
    if settings.SIGN_IN_MUST_BE_SAFE:
        yield from _find_faults_of_production()


def _find_faults_of_production() -> Iterator[tuple[int, str]]:
    if settings.UNMARKED_SESSIONS_ALLOWED:
        yield 4, "UNMARKED_SESSIONS_ALLOWED is for tests only."
    if settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN:
        yield 5, "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN is for development only."
    if not (settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE):
        yield 6, "Cookies of sessions and forms must be secure."
    if not settings.REQUIRE_MFA and env("ACCORDANT_WITHOUT_MFA_BECAUSE", default="") == "":
        yield 7, "ACCORDANT_REQUIRE_MFA is off: say why in ACCORDANT_WITHOUT_MFA_BECAUSE, or leave it on."
    declared = settings.SINGLE_SIGN_ON
    if declared is not None and not declared.issuer.startswith("https://"):
        yield 8, "ACCORDANT_OIDC_ISSUER must be an https address."
