"""`manifest.json`: what an access package holds, file by file, signed. It names nobody."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.kernel.signing import SigningKey, VerifyKey
from consent.verifier.envelopes import has_types
from consent.verifier.keys import find_key, key_id

SCHEMA = "accordant/access-package/1"
STATEMENT = "manifest.json"
_SIGNED = b"accordant/access-package-signature/1\n"
_FIELDS: Mapping[str, tuple[type, ...]] = {
    "schema": (str,),
    "origin": (str,),
    "request": (str,),
    "package": (str,),
    "kind": (str,),
    "created_at": (str,),
    "files": (dict,),
}


class MalformedAccessPackage(AccordantError):
    """It is not an access package, or not one that can be read safely."""

    code = "malformed_access_package"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessStatement:
    """What `manifest.json` states."""

    origin: str
    """The log of the installation that signed."""
    request: str
    """The reference of the request that the package answers."""
    package: str
    kind: str
    """access or portability."""
    created_at: str
    """RFC 3339."""
    files: Mapping[str, str]
    """Every other file's `sha256:` digest, by its name."""


@dataclass(frozen=True, slots=True)
class SignedAccessStatement:
    """A statement whose form is right; its signature is not checked yet."""

    statement: AccessStatement
    key: str
    """Name and hash of the key that is said to have signed."""
    signature: bytes


def write_statement(statement: AccessStatement, key: SigningKey) -> bytes:
    """Return the bytes of `manifest.json`, signed with `key`."""
    signature = key.sign(_message(statement))
    return _write(SignedAccessStatement(statement, key_id(key.verify_key), signature))


def read_statement(content: bytes) -> SignedAccessStatement:
    """Return what `manifest.json` states.

    :raises MalformedAccessPackage: if a byte of it is not what `write_statement` would have written.
    """
    try:
        signed = _parse(canonical.loads(content))
        is_same = _write(signed) == content
    except (canonical.MalformedJson, ValueError, KeyError, TypeError) as error:
        raise MalformedAccessPackage(f"{STATEMENT} is not written as this version writes it") from error
    if not is_same:
        raise MalformedAccessPackage(f"{STATEMENT} was changed after it was written")
    return signed


def check_signature(signed: SignedAccessStatement, *keys: VerifyKey) -> VerifyKey:
    """Return that one of `keys` which signed the statement.

    :raises WrongKey: if it names none of them. :raises BadSignature: if it is not signed by that one.
    """
    key = find_key(signed.key, keys)
    key.verify(_message(signed.statement), signed.signature)
    return key


def _document(statement: AccessStatement) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "origin": statement.origin,
        "request": statement.request,
        "package": statement.package,
        "kind": statement.kind,
        "created_at": statement.created_at,
        "files": dict(statement.files),
    }


def _message(statement: AccessStatement) -> bytes:
    return _SIGNED + canonical.dumps(_document(statement))


def _write(signed: SignedAccessStatement) -> bytes:
    value = base64.b64encode(signed.signature).decode()
    document = {"package": _document(signed.statement), "signature": {"key": signed.key, "value": value}}
    return canonical.dumps(document) + b"\n"


def _parse(document: Any) -> SignedAccessStatement:
    package, signature = document["package"], document["signature"]
    if not has_types(package, _FIELDS) or not has_types(signature, {"key": (str,), "value": (str,)}):
        raise MalformedAccessPackage(f"{STATEMENT} has a field that is missing, unknown or of another type")
    statement = AccessStatement(
        origin=package["origin"],
        request=package["request"],
        package=package["package"],
        kind=package["kind"],
        created_at=package["created_at"],
        files=package["files"],
    )
    return SignedAccessStatement(
        statement, signature["key"], base64.b64decode(signature["value"], validate=True)
    )
