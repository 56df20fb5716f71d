"""Forms in which officers prove who they are. Every try at a code is counted before it is looked at."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.mfa.base import forms as codes
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm as AllauthActivateTOTPForm
from allauth.mfa.webauthn import forms as keys
from django import forms
from django.utils import timezone

from config.signing_in import attempts
from config.signing_in.telling import tell


def take_attempt(officer_id: int) -> None:
    """Count a try at a code.

    :raises ValidationError: if there were too many.
    """
    if not attempts.take_attempt(officer_id=officer_id, at=timezone.now()):
        tell("factor_locked", officer_id=officer_id)
        raise get_adapter().validation_error("too_many_login_attempts")


class LoginForm(AllauthLoginForm):  # type: ignore[misc]  # allauth has no types
    """Name and password. The name's field is called as in the admin."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Name"
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        self.fields["login"].widget.attrs["autofocus"] = True

    def add_prefix(self, field_name: str) -> str:
        """Return `username` for allauth's `login`."""
        return "username" if field_name == "login" else str(super().add_prefix(field_name))


class _CodeForm(codes.BaseAuthenticateForm):  # type: ignore[misc]  # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].max_length = 40
        self.fields["code"].widget.attrs.update(
            placeholder="", autofocus=True, autocapitalize="off", spellcheck="false"
        )

    def clean_code(self) -> str:
        """Return the code, if it is right and was not used before.

        :raises ValidationError: if it is not, or there were too many tries.
        """
        take_attempt(self.user.pk)
        try:
            code: str = super().clean_code()
            self._spend(code)
        except forms.ValidationError:
            tell("factor_failed", officer_id=self.user.pk)
            raise
        attempts.forgive(officer_id=self.user.pk)
        return code

    def _spend(self, code: str) -> None:
        if self.authenticator.type != Authenticator.Type.TOTP:
            tell("recovery_code_used", officer_id=self.user.pk)
        elif not attempts.spend(officer_id=self.user.pk, code=code.strip(), at=timezone.now()):
            raise get_adapter().validation_error("incorrect_code")


class AuthenticateForm(_CodeForm, codes.AuthenticateForm):  # type: ignore[misc]  # allauth has no types
    """A code of an app, or a recovery code, at signing in."""


class ConfirmCodeForm(_CodeForm):
    """A code, to prove again who one is."""


class ActivateTOTPForm(AllauthActivateTOTPForm):  # type: ignore[misc]  # allauth has no types
    """The first code of a new app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = "Code that the app shows"
        self.fields["code"].widget.attrs.update(placeholder="", inputmode="numeric")

    def clean_code(self) -> str:
        """Return the code, if it is right.

        :raises ValidationError: if it is not, or there were too many tries.
        """
        take_attempt(self.user.pk)
        code: str = super().clean_code()
        attempts.forgive(officer_id=self.user.pk)
        attempts.spend(officer_id=self.user.pk, code=code.strip(), at=timezone.now())
        return code


class AuthenticateKeyForm(keys.AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """What a security key answered."""

    def clean_credential(self) -> Authenticator:
        """Return the key that answered.

        :raises ValidationError: if it is none of the officer's, or there were too many tries.
        """
        take_attempt(self.user.pk)
        try:
            found: Authenticator = super().clean_credential()
        except (forms.ValidationError, AttributeError, KeyError, TypeError, ValueError) as wrong:
            tell("factor_failed", officer_id=self.user.pk)
            raise get_adapter().validation_error("invalid_login") from wrong
        attempts.forgive(officer_id=self.user.pk)
        return found


class AddKeyForm(keys.AddWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """A new security key, with a name for it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label, self.fields["name"].max_length = "What you call this key", 80

    def clean(self) -> dict[str, Any]:
        """Return what the key answered, if it can be read.

        :raises ValidationError: if it cannot.
        """
        try:
            cleaned: dict[str, Any] = super().clean()
        except (AttributeError, KeyError, TypeError, ValueError) as wrong:
            raise forms.ValidationError("The key's answer cannot be read. Try again.") from wrong
        return cleaned


class PasswordForm(forms.Form):
    """The password, to prove again who one is."""

    password = forms.CharField(
        label="Password", widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
