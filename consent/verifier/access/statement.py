"""`manifest.json`: what an access package holds, file by file, signed. It names nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consent.kernel.errors import AccordantError
from consent.verifier.signed_files import SignedFile

SCHEMA = "accordant/access-package/1"
STATEMENT = "manifest.json"
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


def _statement(package: Mapping[str, Any]) -> AccessStatement:
    return AccessStatement(
        origin=package["origin"],
        request=package["request"],
        package=package["package"],
        kind=package["kind"],
        created_at=package["created_at"],
        files=package["files"],
    )


ACCESS_STATEMENT = SignedFile(
    name=STATEMENT,
    member="package",
    context=b"accordant/access-package-signature/1\n",
    fields=_FIELDS,
    malformed=MalformedAccessPackage,
    to_document=_document,
    from_document=_statement,
)
"""How `manifest.json` is written, read and signed."""
