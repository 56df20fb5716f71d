"""`pack.json`: what a pack holds, file by file, signed: so no file is changed, added or left out unseen."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consent.kernel import canonical
from consent.kernel.signing import SigningKey, VerifyKey
from consent.verifier.envelopes import has_types
from consent.verifier.keys import find_key, key_id
from consent.verifier.packs.content import PackKind
from consent.verifier.packs.layout import MalformedPack

SCHEMA = "accordant/evidence-pack/1"
_SIGNED = b"accordant/pack-signature/1\n"
_FIELDS: Mapping[str, tuple[type, ...]] = {
    "schema": (str,),
    "origin": (str,),
    "kind": (str,),
    "created_at": (str,),
    "files": (dict,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PackStatement:
    """What `pack.json` states."""

    origin: str
    kind: PackKind
    created_at: str
    files: Mapping[str, str]
    """Every other file's `sha256:` digest, by its name."""


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A statement whose form is right; its signature is not checked yet."""

    statement: PackStatement
    key: str
    """Name and hash of the key that is said to have signed."""
    signature: bytes


def write_statement(statement: PackStatement, key: SigningKey) -> bytes:
    """Return the bytes of `pack.json`, signed with `key`."""
    signature = key.sign(_message(statement))
    return _write(SignedStatement(statement, key_id(key.verify_key), signature))


def read_statement(content: bytes) -> SignedStatement:
    """Return what `pack.json` states.

    :raises MalformedPack: if a byte of it is not what `write_statement` would have written.
    """
    try:
        signed = _parse(canonical.loads(content))
        is_same = _write(signed) == content
    except (canonical.MalformedJson, ValueError, KeyError, TypeError) as error:
        raise MalformedPack("pack.json is not written as this version writes it") from error
    if not is_same:
        raise MalformedPack("pack.json is not in canonical form: it was changed after it was written")
    return signed


def check_signature(signed: SignedStatement, *keys: VerifyKey) -> VerifyKey:
    """Return that one of `keys` which signed the statement.

    :raises WrongKey: if it names none of them. :raises BadSignature: if it is not signed by that one.
    """
    key = find_key(signed.key, keys)
    key.verify(_message(signed.statement), signed.signature)
    return key


def _document(statement: PackStatement) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "origin": statement.origin,
        "kind": statement.kind.value,
        "created_at": statement.created_at,
        "files": dict(statement.files),
    }


def _message(statement: PackStatement) -> bytes:
    return _SIGNED + canonical.dumps(_document(statement))


def _write(signed: SignedStatement) -> bytes:
    value = base64.b64encode(signed.signature).decode()
    document = {"pack": _document(signed.statement), "signature": {"key": signed.key, "value": value}}
    return canonical.dumps(document) + b"\n"


def _parse(document: Any) -> SignedStatement:
    pack, signature = document["pack"], document["signature"]
    if not has_types(pack, _FIELDS) or not has_types(signature, {"key": (str,), "value": (str,)}):
        raise MalformedPack("pack.json has a field that is missing, unknown or of another type")
    statement = PackStatement(
        origin=pack["origin"],
        kind=PackKind(pack["kind"]),
        created_at=pack["created_at"],
        files=pack["files"],
    )
    return SignedStatement(statement, signature["key"], base64.b64decode(signature["value"], validate=True))
