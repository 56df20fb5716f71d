"""`pack.json`: what a pack holds, file by file, signed: so no file is changed, added or left out unseen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consent.verifier.packs.content import PackKind
from consent.verifier.packs.layout import MalformedPack
from consent.verifier.signed_files import SignedFile

SCHEMA = "accordant/evidence-pack/1"
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


def _document(statement: PackStatement) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "origin": statement.origin,
        "kind": statement.kind.value,
        "created_at": statement.created_at,
        "files": dict(statement.files),
    }


def _statement(pack: Mapping[str, Any]) -> PackStatement:
    return PackStatement(
        origin=pack["origin"],
        kind=PackKind(pack["kind"]),
        created_at=pack["created_at"],
        files=pack["files"],
    )


PACK_STATEMENT = SignedFile(
    name="pack.json",
    member="pack",
    context=b"accordant/pack-signature/1\n",
    fields=_FIELDS,
    malformed=MalformedPack,
    to_document=_document,
    from_document=_statement,
)
"""How `pack.json` is written, read and signed."""
