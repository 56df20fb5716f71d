"""What stands between a password, or a provider's word, and the session."""

from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest

from config.signing_in.claims import find_proof


class FactorStage(AuthenticateStage):  # type: ignore[misc]  # allauth has no types
    """Asks for a factor where the officer has one, unless a provider that we trust with it did."""

    def _should_handle(self, request: HttpRequest) -> bool:
        social = (self.login.signal_kwargs or {}).get("sociallogin")
        if social is not None and find_proof(social.account.extra_data).has_factor:
            return False
        return bool(super()._should_handle(request))
