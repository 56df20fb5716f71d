"""What a person claimed and wrote, in the sealed parts of their request.

`claimed` is what came in: nobody acts on it but for a no. `proven` is what was shown to be the person's.
The part `person`, which systems are asked by, is made of these when the request starts (see `matching`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from consent.requests import vault
from consent.requests.models import Request
from consent.subjects.types import Identifier, IdentifierKind

CLAIMED = "claimed"
PROVEN = "proven"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Whom a request says it is about, and where to answer."""

    identifiers: tuple[Identifier, ...] = field(default=(), repr=False)
    reply_to: str | None = field(default=None, repr=False)
    jurisdiction: str = ""
    """Where the person says they live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What the person wrote."""

    text: str = field(default="", repr=False)
    corrections: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of a rectification: data category or field -> what it should be."""


def keep_claims(request: Request, key: bytes, claims: Claims) -> None:
    """Seal what the person claimed."""
    content = {
        "identifiers": _write(claims.identifiers),
        "reply_to": claims.reply_to,
        "jurisdiction": claims.jurisdiction,
    }
    vault.write_json(request, key, CLAIMED, content)


def read_claims(request: Request) -> Claims:
    """Return what the person claimed: for officers, and to ask for proof by. It is not proven.

    :raises ContentDestroyed: if what the request held was destroyed; so do the others here.
    :raises KeyUnreadable, KeysUnavailable: if it cannot be read; so do the others here.
    """
    content = vault.read_json(request, vault.open_key(request), CLAIMED)
    return Claims(
        identifiers=_read(content.get("identifiers", ())),
        reply_to=content.get("reply_to"),
        jurisdiction=content.get("jurisdiction", ""),
    )


def keep_details(request: Request, key: bytes, details: Details) -> None:
    """Seal what the person wrote."""
    content = {"text": details.text, "corrections": dict(details.corrections)}
    vault.write_json(request, key, vault.DETAILS, content)


def read_details(request: Request) -> Details:
    """Return what the person wrote."""
    content = vault.read_json(request, vault.open_key(request), vault.DETAILS)
    return Details(text=content.get("text", ""), corrections=content.get("corrections", {}))


def add_proven(request: Request, identifiers: Iterable[Identifier]) -> None:
    """Seal that `identifiers` were shown to be the person's, beside those that were before."""
    key = vault.open_key(request)
    known = _read(vault.read_json(request, key, PROVEN).get("identifiers", ()))
    vault.write_json(request, key, PROVEN, {"identifiers": _write(dict.fromkeys((*known, *identifiers)))})


def read_proven(request: Request) -> tuple[Identifier, ...]:
    """Return what was shown to be the person's; nothing if nothing was."""
    content = vault.read_json(request, vault.open_key(request), PROVEN)
    return _read(content.get("identifiers", ()))


def _write(identifiers: Iterable[Identifier]) -> list[dict[str, Any]]:
    return [{"kind": one.kind.value, "value": one.value, "verified": one.verified} for one in identifiers]


def _read(rows: Iterable[Mapping[str, Any]]) -> tuple[Identifier, ...]:
    return tuple(
        Identifier(IdentifierKind(row["kind"]), row["value"], row["verified"], is_normalised=True)
        for row in rows
    )
