"""Whether an answer is the processor's: its bytes, its domain, its certificate, in time. Pure."""

import base64
from collections.abc import Mapping
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from consent.requests.connectors.interface import SystemRefused

_NAMES = ("x-opendsr", "x-opengdpr")


def check_answer(
    content: bytes, headers: Mapping[str, str], *, certificate: x509.Certificate, domain: str, at: datetime
) -> None:
    """Return if the processor has signed `content`. `headers`: names in lower case.

    :raises SystemRefused: if not: nothing that it says is believed then.
    """
    name = next((one for one in _NAMES if f"{one}-signature" in headers), None)
    if name is None:
        raise SystemRefused("the processor's answer is not signed")
    if headers.get(f"{name}-processor-domain", "").lower() != domain:
        raise SystemRefused("the processor's answer names another domain")
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise SystemRefused("the processor's certificate is not valid now: have the new one entered")
    if not is_signed(content, headers[f"{name}-signature"], certificate=certificate):
        raise SystemRefused("the processor's answer is not signed by its certificate")


def is_signed(content: bytes, signature: str, *, certificate: x509.Certificate) -> bool:
    """Return whether the certificate's owner has signed `content`: RSA with SHA-256, PKCS #1 1.5."""
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        read = base64.b64decode("".join(signature.split()), validate=True)
        key.verify(read, content, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
