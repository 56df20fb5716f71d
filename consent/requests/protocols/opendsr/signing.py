"""Our signature on what we answer and call back: RSA with SHA-256 over the body's bytes (FIPS 186-4)."""

import base64
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.conf import settings

from consent.requests.protocols.opendsr.errors import OpenDsrClosed

DOMAIN, SIGNATURE = "X-OpenDSR-Processor-Domain", "X-OpenDSR-Signature"
OLD_DOMAIN, OLD_SIGNATURE = "X-OpenGDPR-Processor-Domain", "X-OpenGDPR-Signature"
_SMALLEST_KEY = 2048


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are as a processor."""

    domain: str
    key: rsa.RSAPrivateKey = field(repr=False)
    certificate: bytes
    """PEM, with the chain if there is one."""


def read_identity() -> Identity:
    """Return who we are.

    :raises OpenDsrClosed: if nothing, or nothing that fits together, is set up.
    """
    told = settings.OPENDSR
    if not (told["domain"] and told["key_file"] and told["certificate_file"]):
        raise OpenDsrClosed("this service is no processor that takes OpenDSR requests")
    return _read(told["domain"], told["key_file"], told["certificate_file"])


@lru_cache(maxsize=4)
def _read(domain: str, key_file: str, certificate_file: str) -> Identity:
    try:
        key = serialization.load_pem_private_key(Path(key_file).read_bytes(), password=None)
        content = Path(certificate_file).read_bytes()
        public = x509.load_pem_x509_certificate(content).public_key()
    except (OSError, ValueError):
        raise OpenDsrClosed("the key or the certificate of OpenDSR cannot be read") from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _SMALLEST_KEY:
        raise OpenDsrClosed(f"the key of OpenDSR must be RSA, of {_SMALLEST_KEY} bits or more")
    if public != key.public_key():
        raise OpenDsrClosed("the certificate of OpenDSR is of another key")
    return Identity(domain, key, content)


def sign_headers(content: bytes, *, with_old_names: bool = True) -> dict[str, str]:
    """Return the headers that go with `content`; under the names of OpenGDPR, too.

    :raises OpenDsrClosed: if we cannot sign.
    """
    identity = read_identity()
    signature = base64.b64encode(identity.key.sign(content, padding.PKCS1v15(), hashes.SHA256())).decode()
    headers = {DOMAIN: identity.domain, SIGNATURE: signature}
    old = {OLD_DOMAIN: identity.domain, OLD_SIGNATURE: signature}
    return {**headers, **old} if with_old_names else headers
