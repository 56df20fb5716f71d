"""Whether an ID token is one that was made for us, now, by the provider, for this very sign-in."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import jwt

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a public key. Neither `none` nor one that our own client secret could make."""
_NEEDED = ["exp", "iat", "iss", "aud", "sub"]
_LEEWAY = 60  # seconds between two clocks


class TokenRefused(Exception):
    """The token is not one to believe. The reason is for the log: it repeats nothing of the token."""


def make_nonce(verifier: str) -> str:
    """Return the nonce that goes with PKCE's verifier: the session keeps one secret for both."""
    digest = sha256(f"nonce of {verifier}".encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def read_token(
    token: object, *, keys: Mapping[str, Any], issuer: str, client_id: str, nonce: str
) -> dict[str, Any]:
    """Return the claims of an ID token.

    :raises TokenRefused: if it is not signed by one of the provider's keys, or not for us, or not for now.
    """
    try:
        key = _find_key(token, keys)
        claims: dict[str, Any] = jwt.decode(
            str(token),
            key=key,
            algorithms=list(ALGORITHMS),
            issuer=issuer,
            audience=client_id,
            leeway=_LEEWAY,
            options={"require": _NEEDED},
        )
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as wrong:
        raise TokenRefused(type(wrong).__name__) from wrong
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise TokenRefused("nonce")
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != client_id:
        raise TokenRefused("azp")
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise TokenRefused("sub")
    return claims


def _find_key(token: object, keys: Mapping[str, Any]) -> jwt.PyJWK:
    """Return the key that the token names; if it names none, the provider's only one.

    :raises TokenRefused: if there is none.
    """
    header = jwt.get_unverified_header(str(token))
    if header.get("alg") not in ALGORITHMS:
        raise TokenRefused("algorithm")
    known = [
        one for one in keys.get("keys", []) if one.get("use", "sig") == "sig" and one.get("kty") != "oct"
    ]
    named = [one for one in known if one.get("kid") == header.get("kid")] if "kid" in header else known
    if len(named) != 1:
        raise TokenRefused("key")
    return jwt.PyJWK(named[0], algorithm=header["alg"])
