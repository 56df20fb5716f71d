"""A receipt's signature: JWS (RFC 7515), compact, by Ed25519 under its own name (RFC 9864).

There is one way only to write a receipt: what was read is written anew and compared with every byte given.
The key named in the header only chooses among the keys that the reader trusts.
"""

import base64
from dataclasses import dataclass

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from consent.kernel import canonical
from consent.kernel.signing import BadSignature, SigningKey, VerifyKey
from consent.verifier.keys import find_key, key_id
from consent.verifier.receipts.document import MalformedReceipt, Receipt, read_document, write_document

TYPE = "accordant-receipt+jws"
MEDIA_TYPE = f"application/{TYPE}"
"""What a file with a receipt is served as."""
_ALGORITHM = "Ed25519"
MAX_SIZE = 100_000
"""No receipt is longer, in bytes."""


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """A receipt whose signature and words were checked, and the key that signed it."""

    receipt: Receipt
    key: VerifyKey


def sign_receipt(receipt: Receipt, key: SigningKey) -> bytes:
    """Return the receipt as a file holds it.

    The signature is made by the key object, which keeps its private half to itself.

    :raises MalformedEnvelope, NotAChoice: if there is no receipt for such an event.
    :raises MalformedReceipt: if it would not read back as `receipt`.
    """
    document = write_document(receipt)
    if read_document(document) != receipt:
        raise MalformedReceipt("an origin is a text, and a time is RFC 3339 with its offset")
    signing_input = b".".join((_encode(_header(key.verify_key)), _encode(document)))
    content = b".".join((signing_input, _encode(key.sign(signing_input))))
    if len(content) > MAX_SIZE:
        raise MalformedReceipt(f"a receipt has at most {MAX_SIZE} bytes")
    return content


def read_receipt(content: bytes, *keys: VerifyKey) -> SignedReceipt:
    """Return the receipt in a file's `content`, signed by one of `keys`; the proof in it is not verified.

    :raises MalformedReceipt: if `content` is not, byte for byte, how a receipt is written.
    :raises WrongKey: if it names none of `keys`.
    :raises BadSignature: if its signature is not that key's over this content.
    """
    header, document, signature = _split(content)
    key = find_key(_stated_key(header), keys)
    if header != _header(key):
        raise MalformedReceipt("its header is not a receipt's")
    if content != b".".join(map(_encode, (header, document, signature))):
        raise MalformedReceipt("it is not written as a receipt is")
    try:
        jws.deserialize_compact(content, _public(key), algorithms=[_ALGORITHM])
    except JoseError as error:
        raise BadSignature(f"not a signature of {key.name} over this content") from error
    return SignedReceipt(read_document(document), key)


def _split(content: bytes) -> tuple[bytes, bytes, bytes]:
    if len(content) > MAX_SIZE:
        raise MalformedReceipt(f"a receipt has at most {MAX_SIZE} bytes")
    try:
        header, document, signature = map(_decode, content.split(b"."))
    except ValueError as error:
        raise MalformedReceipt("it has not three parts in base64url, with a point between each") from error
    return header, document, signature


def _header(key: VerifyKey) -> bytes:
    return canonical.dumps({"alg": _ALGORITHM, "cty": "ld+json", "kid": key_id(key), "typ": TYPE})


def _stated_key(header: bytes) -> str:
    try:
        return str(canonical.loads(header)["kid"])
    except (canonical.MalformedJson, KeyError, TypeError, IndexError) as error:
        raise MalformedReceipt("its header names no key") from error


def _public(key: VerifyKey) -> OKPKey:
    return OKPKey.import_key({"kty": "OKP", "crv": _ALGORITHM, "x": _encode(key.public).decode()})


def _encode(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def _decode(part: bytes) -> bytes:
    return base64.b64decode(part + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)
