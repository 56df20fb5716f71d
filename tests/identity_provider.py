"""An identity provider that looks at what it is sent, and signs what it is told to."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils import timezone

from config.signing_in.single_sign_on.declared import IdentityProvider

ISSUER = "https://login.example.com"
CLIENT = "accordant"
CLIENT_SECRET = "a secret of the client's"
BACK = "http://testserver/account/sso/oidc/back/"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGE_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def declare(**fields: Any) -> IdentityProvider:
    """Return the provider as the settings declare it."""
    return IdentityProvider(issuer=ISSUER, client_id=CLIENT, client_secret=CLIENT_SECRET, **fields)


def list_apps() -> dict[str, Any]:
    """Return the provider as allauth's settings declare it."""
    app = {"provider_id": "oidc", "name": "Example", "client_id": CLIENT, "secret": CLIENT_SECRET}
    return {
        "openid_connect": {"APPS": [{**app, "settings": {"server_url": ISSUER, "fetch_userinfo": False}}]}
    }


@dataclass
class Answer:
    """An answer by HTTP."""

    body: Any
    status_code: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})

    @property
    def text(self) -> str:
        """Return the body's text."""
        return json.dumps(self.body)

    content = text

    def json(self) -> Any:
        """Return the body."""
        return self.body

    def raise_for_status(self) -> None:
        """Do nothing: it worked."""


@dataclass
class Provider:
    """The provider; stands in for allauth's HTTP session, too."""

    claims: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    key: Any = KEY
    algorithm: str = "RS256"
    issuer: str = ISSUER
    sends_token: bool = True

    def __enter__(self) -> "Provider":
        return self

    def __exit__(self, *_: object) -> None: ...

    def authorize(self, address: str) -> str:
        """Look at what a browser was sent with, and return its way back."""
        parts = urlsplit(address)
        self.asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{ISSUER}/authorize"
        assert self.asked["response_type"] == "code"
        assert self.asked["client_id"] == CLIENT
        assert self.asked["redirect_uri"] == BACK
        assert self.asked["code_challenge_method"] == "S256"
        assert set(self.asked["scope"].split()) == {"openid", "profile", "email"}
        assert len(self.asked["nonce"]) > 20
        return f"{BACK}?code=the-code&state={self.asked['state']}"

    def get(self, url: str, **_: Any) -> Answer:
        """Answer with the document or the keys."""
        if url.endswith("/jwks"):
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
            return Answer({"keys": [{**public, "kid": "one", "alg": "RS256", "use": "sig"}]})
        assert url == f"{ISSUER}/.well-known/openid-configuration"
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        return Answer({"issuer": self.issuer, **{key: f"{ISSUER}/{name}" for key, name in names.items()}})

    def request(self, method: str, url: str, **sent: Any) -> Answer:
        """Answer a code with a token, if client, verifier and address are right."""
        data: Mapping[str, str] = sent["data"]
        digest = hashlib.sha256(data["code_verifier"].encode()).digest()
        assert (method, url) == ("POST", f"{ISSUER}/token")
        assert data["code"] == "the-code"
        assert data["grant_type"] == "authorization_code"
        assert data["redirect_uri"] == BACK
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == self.asked["code_challenge"]
        assert (data["client_id"], data["client_secret"]) == (CLIENT, CLIENT_SECRET)
        token = {"id_token": self.sign()} if self.sends_token else {}
        return Answer({"access_token": "x", "token_type": "Bearer", **token})

    def sign(self) -> str:
        """Return an ID token."""
        now = int(timezone.now().timestamp())
        claims = {
            "iss": ISSUER,
            "aud": CLIENT,
            "sub": "user-1",
            "iat": now,
            "exp": now + 300,
            "nonce": self.asked.get("nonce", ""),
            "email": "olga@example.com",
            "email_verified": True,
            "auth_time": now,
            **self.claims,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        key: Any = None if self.algorithm == "none" else self.key
        return jwt.encode(kept, key, algorithm=self.algorithm, headers={"kid": "one"})
