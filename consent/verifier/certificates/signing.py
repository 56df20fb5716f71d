"""A certificate's file: the certificate and its signature by Ed25519, as canonical JSON and a line's end.

There is one way only to write it: what was read is written anew and compared with every byte given.
"""

import base64
import binascii
from dataclasses import dataclass

from consent.kernel import canonical
from consent.kernel.signing import SigningKey, VerifyKey
from consent.verifier.certificates.document import (
    ErasureCertificate,
    MalformedCertificate,
    from_document,
    to_document,
)
from consent.verifier.envelopes import has_types
from consent.verifier.keys import find_key, key_id

MAX_SIZE = 1_000_000
"""No certificate is longer, in bytes."""
_SIGNED = b"accordant/certificate/1\n"


@dataclass(frozen=True, slots=True)
class SignedCertificate:
    """A certificate whose signature was checked, and the key that signed it."""

    certificate: ErasureCertificate
    key: VerifyKey


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedFile:
    """A certificate as it was signed, and its file."""

    certificate: ErasureCertificate
    key_name: str
    signature: str
    """In base64."""
    digest: str
    """Of the certificate's canonical JSON: the ledger tells it."""
    content: bytes
    """The JSON file, which verifies."""


def write_body(certificate: ErasureCertificate) -> bytes:
    """Return the certificate as canonical JSON: what is signed, behind a line that says what it is."""
    return canonical.dumps(to_document(certificate))


def sign_body(body: bytes, key: SigningKey) -> str:
    """Return the signature over a certificate's canonical JSON, in base64."""
    return base64.b64encode(key.sign(_SIGNED + body)).decode()


def write_file(body: bytes, *, key_name: str, signature: str) -> bytes:
    """Return the file of a certificate that was signed: its bytes never differ."""
    document = canonical.loads(body)
    return (
        canonical.dumps({"certificate": document, "signature": {"key": key_name, "value": signature}}) + b"\n"
    )


def read_certificate(content: bytes, *keys: VerifyKey) -> SignedCertificate:
    """Return the certificate in a file's `content`, signed by one of `keys`.

    :raises MalformedCertificate: if a byte of it is not what `write_file` would have written.
    :raises WrongKey: if it names none of `keys`.
    :raises BadSignature: if its signature is not that key's over this content.
    """
    if len(content) > MAX_SIZE:
        raise MalformedCertificate(f"a certificate has at most {MAX_SIZE} bytes")
    try:
        found = canonical.loads(content)
    except canonical.MalformedJson as error:
        raise MalformedCertificate(str(error)) from error
    if not has_types(found, {"certificate": (dict,), "signature": (dict,)}) or not has_types(
        found["signature"], {"key": (str,), "value": (str,)}
    ):
        raise MalformedCertificate("it is a certificate and its signature, and nothing else")
    certificate, signature = from_document(found["certificate"]), found["signature"]
    body = write_body(certificate)
    if write_file(body, key_name=signature["key"], signature=signature["value"]) != content:
        raise MalformedCertificate("it is not in canonical form: it was changed after it was written")
    key = find_key(signature["key"], keys)
    key.verify(_SIGNED + body, _decode(signature["value"]))
    return SignedCertificate(certificate, key)


def name_key(key: SigningKey) -> str:
    """Return how a certificate names the key that signs it."""
    return key_id(key.verify_key)


def _decode(value: str) -> bytes:
    try:
        signature = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedCertificate("its signature is not base64") from error
    if base64.b64encode(signature).decode() != value:
        raise MalformedCertificate("its signature is not written as base64 is")
    return signature
