"""The framework's three tokens: whom to delete, the request for it, and the receipt."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from consent.requests.connectors.data_deletion.settings import Supported
from consent.requests.connectors.interface import SystemRefused
from consent.requests.protocols.data_deletion.keys import Requester
from consent.requests.types import Person
from consent.subjects.types import IdentifierKind

VERSION = "1.0"
TYPES: Mapping[str, IdentifierKind] = {
    "email": IdentifierKind.EMAIL,
    "phone": IdentifierKind.PHONE,
    "idfa": IdentifierKind.ADVERTISING_ID,
    "aaid": IdentifierKind.ADVERTISING_ID,
    "gaid": IdentifierKind.ADVERTISING_ID,
    "maid": IdentifierKind.ADVERTISING_ID,
}
_ALGORITHMS = ["RS256", "ES256"]
_HASHED = {
    IdentifierKind.EMAIL: IdentifierKind.EMAIL_SHA256,
    IdentifierKind.PHONE: IdentifierKind.PHONE_SHA256,
}
_PLAIN = frozenset({"raw", "plain", "plaintext", "text"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One identifier, as the recipient takes it."""

    type: str
    format: str
    value: str = field(repr=False)

    def as_subject(self) -> dict[str, str]:
        """Return what the claim `sub` holds."""
        return {
            "identifierValue": self.value,
            "identifierType": self.type,
            "identifierFormat": self.format,
        }


def list_named(
    person: Person, supported: Sequence[Supported], types: Mapping[str, IdentifierKind]
) -> Iterator[Named]:
    """Yield the person's identifiers, each in every form that the recipient takes and we have."""
    for one in supported:
        kind = types.get(one.type) or TYPES.get(one.type.lower())
        if kind is None:
            continue
        for value in _list_values(person, kind, one.format.lower()):
            yield Named(type=one.type, format=one.format, value=value)


def _list_values(person: Person, kind: IdentifierKind, form: str) -> Iterator[str]:
    if form in _PLAIN:
        yield from person.identifiers.get(kind, ())
    elif form == "sha256":
        values = [hashlib.sha256(one.encode()).hexdigest() for one in person.identifiers.get(kind, ())]
        hashed = person.identifiers.get(_HASHED[kind], ()) if kind in _HASHED else ()
        yield from dict.fromkeys([*values, *hashed])


def write_request(named: Named, requester: Requester, *, key: str, number: int, at: datetime) -> str:
    """Return the signed request, with the signed identity in it. Asked again, it has the same ids."""
    header = {"typ": "JWT", "alg": requester.algorithm, "kid": requester.key_id}

    def sign(purpose: str, **more: str) -> str:
        claims: dict[str, Any] = {
            "version": VERSION,
            "jti": str(uuid5(UUID(key), f"{purpose}/{number}")),
            "iss": requester.domain,
            "sub": named.as_subject(),
            "iat": int(at.timestamp()),
            **more,
        }
        return jwt.encode(header, claims, requester.key, algorithms=_ALGORITHMS, default_type=None)

    return sign("request", idJWT=sign("identity"))


def read_receipt(token: str, *, request: str, keys: Sequence[dict[str, Any]], domain: str) -> int:
    """Return the result code of a receipt, once its signature holds.

    :raises SystemRefused: if it is not signed by the recipient's published key, or is of another request.
    """
    try:
        read = jwt.decode(token, KeySet.import_key_set({"keys": list(keys)}), algorithms=_ALGORITHMS)
    except (JoseError, ValueError, TypeError, KeyError):
        raise SystemRefused("the receipt is not signed by a key that the recipient publishes") from None
    claims = read.claims
    if claims.get("iss") != domain:
        raise SystemRefused("the receipt is issued by another than the recipient")
    if claims.get("rqJWT") != request:
        raise SystemRefused("the receipt is of another request")
    code = claims.get("raResultCode")
    if isinstance(code, bool) or not isinstance(code, int):
        raise SystemRefused("the receipt has no result")
    return code
