"""What the data map declares of a processor. Pure."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from consent.network.errors import DeliveryRefused
from consent.network.hosts import read_url
from consent.requests.connectors.interface import SystemRefused

_SMALLEST_KEY = 2048
Domain = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\Z")]


class OpenDsrSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of a system of the kind `opendsr`."""

    url: Annotated[str, msgspec.Meta(max_length=2000, description="Where /requests stands, with the version")]
    domain: Annotated[Domain, msgspec.Meta(description="The processor's, as its certificate has it")]
    certificate: Annotated[str, msgspec.Meta(max_length=20_000, description="PEM: pinned")]
    regulation: Literal["gdpr", "ccpa"] = "gdpr"
    names: Literal["opendsr", "opengdpr"] = "opendsr"
    believe_completion: Annotated[
        bool,
        msgspec.Meta(description="Its signed word that an erasure is done is enough: nobody looks again"),
    ] = False
    every_seconds: Annotated[float, msgspec.Meta(ge=5, le=86_400)] = 3600.0
    timeout_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=600)] = 60.0
    attempts: Annotated[int, msgspec.Meta(ge=1, le=10)] = 3


def read_settings(settings: Mapping[str, Any], *, allow_local: bool) -> OpenDsrSettings:
    """Return the settings of a processor.

    :raises SystemRefused: if one is unknown or malformed.
    """
    try:
        read = msgspec.convert(dict(settings), OpenDsrSettings)
        if "?" in read_url(read.url, allow_local=allow_local).target:
            raise SystemRefused("settings: url: write it without a query")
    except msgspec.ValidationError as error:
        raise SystemRefused(f"settings: {error}") from None
    except DeliveryRefused as refused:
        raise SystemRefused(f"settings: url: {refused}") from None
    return read


def read_certificate(settings: OpenDsrSettings) -> x509.Certificate:
    """Return the processor's certificate.

    :raises SystemRefused: if it is none, not the domain's, or of a key that is too weak.
    """
    try:
        certificate = x509.load_pem_x509_certificate(settings.certificate.encode())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        known = names.get_values_for_type(x509.DNSName)
    except (ValueError, x509.ExtensionNotFound):
        raise SystemRefused("settings: certificate: a PEM certificate with its domain is expected") from None
    if settings.domain not in {name.lower() for name in known}:
        raise SystemRefused("settings: certificate: it is of another domain")
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _SMALLEST_KEY:
        raise SystemRefused(f"settings: certificate: a key of RSA, {_SMALLEST_KEY} bits or more, is expected")
    return certificate
