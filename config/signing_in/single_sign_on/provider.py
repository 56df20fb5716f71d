"""allauth's OpenID Connect, made strict: a nonce, checked signatures, and nothing taken from the address."""

from typing import Any

import requests
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest

from config.signing_in.claims import KEPT
from config.signing_in.single_sign_on.standing import get_identity_provider
from config.signing_in.single_sign_on.tokens import TokenRefused, make_nonce, read_token


class Exchange(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """Speaks with the identity provider."""

    _nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """Return what the provider says of itself.

        :raises OAuth2Error: if it speaks for another issuer.
        """
        config: dict[str, Any] = super().openid_config
        if config.get("issuer") != get_identity_provider().issuer:
            raise OAuth2Error("the provider's document names another issuer")
        return config

    def get_access_token_data(
        self, request: HttpRequest, app: Any, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        """Return what the provider gives for the code, and expect the nonce that went with it."""
        self._nonce = make_nonce(pkce_code_verifier or "")
        data: dict[str, Any] = super().get_access_token_data(request, app, client, pkce_code_verifier)
        return data

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> SocialLogin:
        """Return who signed in, by an ID token that was checked.

        :raises OAuth2Error: if it is not to be believed.
        """
        del token
        try:
            claims = read_token(
                kwargs["response"].get("id_token"),
                keys=self._fetch_keys(),
                issuer=get_identity_provider().issuer,
                client_id=app.client_id,
                nonce=self._nonce,
            )
        except TokenRefused as refused:
            raise OAuth2Error(f"ID token refused: {refused}") from refused
        login = self.get_provider().sociallogin_from_response(request, {"id_token": claims})
        login.claims = claims
        return login

    def _fetch_keys(self) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
            keys: dict[str, Any] = answer.json()
        return keys


class SingleSignOn(OpenIDConnectProvider):  # type: ignore[misc]  # allauth has no types
    """Begins a sign-in, and reads who came back."""

    oauth2_adapter_class = Exchange

    def get_pkce_params(self) -> dict[str, Any]:
        """Return PKCE's parameters, which always go along, and the nonce."""
        params: dict[str, Any] = generate_code_challenge()
        return {**params, "nonce": make_nonce(params["code_verifier"])}

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the provider is asked; of the address, only `next` and `again` count."""
        again = {"prompt": "login", "max_age": "0"} if "again" in request.GET else {}
        span = {"max_age": str(int(settings.SESSION_LASTS.total_seconds()))}
        return {
            "process": AuthProcess.LOGIN,
            "next_url": get_next_redirect_url(request),
            "scope": list(get_identity_provider().scopes),
            "auth_params": again or span,
        }

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return what is kept of the claims: how and when somebody signed in, and not who."""
        return {name: data["id_token"][name] for name in KEPT if name in data["id_token"]}


FAILURES = (OAuth2Error, requests.RequestException, KeyError, TypeError, ValueError, AttributeError)
"""What a provider that is away, or answers nonsense, makes of its answer here."""
