"""The key that our deletion requests are signed with, and what we publish of it."""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from consent.kernel.errors import AccordantError

_SMALLEST_KEY = 2048


class DataDeletionClosed(AccordantError):
    """This installation sends no deletion requests by the framework: it could not sign them."""

    code = "data_deletion_closed"
    status = 404


@dataclass(frozen=True, slots=True)
class Requester:
    """Who we are in the framework."""

    domain: str
    key: RSAKey | ECKey = field(repr=False)
    algorithm: str

    @property
    def key_id(self) -> str:
        """What the key is called: its thumbprint (RFC 7638)."""
        return self.key.thumbprint()

    def publish(self) -> dict[str, Any]:
        """Return the public half, as a JSON Web Key."""
        public: dict[str, Any] = self.key.as_dict(private=False)
        return {**public, "kid": self.key_id, "alg": self.algorithm, "use": "sig"}


def read_requester() -> Requester:
    """Return who we are.

    :raises DataDeletionClosed: if nothing is set up, or the key cannot be used.
    """
    told = settings.DATA_DELETION
    if not (told["domain"] and told["key_file"]):
        raise DataDeletionClosed("this service sends no requests of the Data Deletion Request Framework")
    return _read(told["domain"], told["key_file"])


@lru_cache(maxsize=4)
def _read(domain: str, key_file: str) -> Requester:
    try:
        text = Path(key_file).read_text(encoding="ascii")
    except (OSError, ValueError):
        raise DataDeletionClosed("the key of the Data Deletion Request Framework cannot be read") from None
    for kind, algorithm in (("RSA", "RS256"), ("EC", "ES256")):
        try:
            key = import_key(text, kind)  # type: ignore[call-overload]  # the kind is one of two
        except (JoseError, ValueError):
            continue
        if key.is_private and _is_strong(key):
            return Requester(domain, key, algorithm)
    raise DataDeletionClosed("the key must be RSA of 2048 bits or more, or of the curve P-256, in PEM")


def _is_strong(key: RSAKey | ECKey) -> bool:
    if isinstance(key, RSAKey):
        return bool(key.raw_value.key_size >= _SMALLEST_KEY)
    return bool(key.raw_value.curve.name == "secp256r1")
