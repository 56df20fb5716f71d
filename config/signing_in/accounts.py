"""What allauth asks of us about accounts: who may come in, where to, and what is told of it."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from config.signing_in import marks
from config.signing_in.claims import find_proof
from config.signing_in.telling import tell
from config.signing_in.throttling import find_address
from config.signing_in.turns import taking_turns

_SILENT = ("account/messages/", "mfa/messages/", "socialaccount/messages/", "usersessions/messages/")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts are made by administrators: nobody signs up, and no mail is sent."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": "The name or the password is not right.",
        "too_many_login_attempts": "Too many tries. Wait a quarter of an hour, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        """Return that nobody may sign up."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the network that a request comes from, as an address; proxies are counted."""
        return find_address(request) or "0.0.0.0"  # noqa: S104 - stands for `unknown`

    def is_reauthentication_required(self, *, app: str) -> bool:  # noqa: ARG002 - allauth's signature
        """Return that allauth does not ask again: `fresh` does, and never sends a form twice."""
        return False

    def get_login_stages(self) -> list[str]:
        """Return what stands between the password and the session."""
        return ["config.signing_in.stages.FactorStage"]

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Return whose name and password these are. Tries at one name, or from one network, take turns."""
        with taking_turns(request, str(credentials.get("username", ""))):
            found: User | None = super().authenticate(request, **credentials)
        return found

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Tell of a wrong password: whose account it is if there is one, and never what was typed."""
        if getattr(request, "axes_locked_out", False):
            return
        known = User.objects.filter(username=credentials.get("username", ""))
        tell("sign_in_failed", officer_id=known.values_list("pk", flat=True).first(), by="password")

    def post_login(self, request: HttpRequest, user: User, **hooks: Any) -> HttpResponse:
        """Mark the new session, tell of it, and lead on."""
        at = timezone.now()
        methods = [one["method"] for one in get_authentication_records(request, user)]
        social = (hooks.get("signal_kwargs") or {}).get("sociallogin")
        proof = find_proof(social.account.extra_data) if social else None
        has_factor = "mfa" in methods or (proof is not None and proof.has_factor)
        proved_at = at if proof is None or "mfa" in methods else proof.at
        marks.begin(request.session, has_factor=has_factor, proved_at=proved_at, at=at)
        tell(
            "signed_in", officer_id=user.pk, by="single sign-on" if social else "password", factor=has_factor
        )
        answer: HttpResponse = super().post_login(request, user, **hooks)
        return answer

    def logout(self, request: HttpRequest) -> None:
        """Tell of it, and end the session."""
        tell("signed_out", officer_id=request.user.pk)
        super().logout(request)

    def add_message(self, request: HttpRequest, level: int, *words: Any, **more: Any) -> None:
        """Say nothing of what a page shows anyway."""
        template = words[0] if words else more.get("message_template")
        if not str(template or "").startswith(_SILENT):
            super().add_message(request, level, *words, **more)
