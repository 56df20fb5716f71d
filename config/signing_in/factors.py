"""What allauth asks of us about factors, and how an officer's factors are reset."""

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from config.signing_in import attempts
from config.signing_in.sealing import seal, unseal
from config.signing_in.telling import tell
from consent.kernel.errors import AccordantError

NAME = "Accordant"
REAL = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class FactorsNotYours(AccordantError):
    """Nobody resets their own factors, and only a superuser resets a superuser's."""

    code = "factors_not_yours"
    status = 403


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Seals secrets, and keeps the last factor where every officer must have one."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code is not right. A code is good once, and for a short time.",
        "cannot_delete_authenticator": "This is your last factor, and every officer must have one.",
    }

    def encrypt(self, text: str) -> str:
        """Return a secret sealed."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return what was sealed."""
        return unseal(encrypted_text)

    def _get_site_name(self) -> str:
        return NAME

    def _get_user_identifier(self, user: User) -> str:
        return user.get_username()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Return whether the officer has another factor, or needs none."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=REAL)
        return not settings.REQUIRE_MFA or others.exclude(pk=authenticator.pk).exists()


@transaction.atomic
def reset_factors(*, officer: User, by: User) -> None:
    """Take all factors from `officer`, end the officer's sessions, and tell of it.

    :raises FactorsNotYours: if it is oneself, or a superuser's and `by` is none.
    """
    if officer.pk == by.pk or (officer.is_superuser and not by.is_superuser):
        raise FactorsNotYours("ask another administrator to reset these factors")
    count, _ = Authenticator.objects.filter(user=officer).delete()
    attempts.forgive(officer_id=officer.pk)
    end_sessions(officer)
    tell("factors_reset", officer_id=by.pk, of=officer.pk, count=count)


def end_sessions(officer: User, *, but: str | None = None) -> int:
    """End the officer's sessions, except the one with the key `but`, and return how many."""
    found = list(UserSession.objects.filter(user=officer).exclude(session_key=but or ""))
    for session in found:
        session.end()
    return len(found)
