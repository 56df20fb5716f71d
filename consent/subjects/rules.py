"""How an identifier is written before it is looked up, what stands for it, and who belongs together."""

import hashlib
import hmac
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from consent.kernel.errors import AccordantError
from consent.subjects.types import Identifier, IdentifierKind, Link, SubjectRef

KEY_VERSION = 1

_MAX_LENGTH = 200
_MAX_EMAIL_LENGTH = 254  # RFC 5321 section 4.5.3.1.3, less the angle brackets
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164: at most 15 digits
_PHONE_PUNCTUATION = str.maketrans("", "", " -.()/")


class MalformedIdentifier(AccordantError):
    """The value is no identifier of its kind. The message tells the kind and the reason, never the value."""

    code = "malformed_identifier"

    def __init__(self, kind: IdentifierKind, reason: str) -> None:
        super().__init__(f"{kind.value}: {reason}")
        self.kind = kind
        self.reason = reason


def normalise(identifier: Identifier) -> Identifier:
    """Return `identifier` in the one form in which it is looked up. Normalising twice changes nothing.

    Every kind is trimmed and composed (Unicode NFC). An e-mail address is lower-cased whole: two mailboxes
    that differ only in case are, in practice, one person. A telephone number is reduced to E.164.

    :raises MalformedIdentifier: if the value cannot be an identifier of its kind.
    """
    kind, value = identifier.kind, identifier.value.strip()
    if not value.isprintable():
        raise MalformedIdentifier(kind, "holds a character that cannot be printed")
    if not value.isascii():
        value = unicodedata.normalize("NFC", value)
    if kind is IdentifierKind.EMAIL:
        value = _normalise_email(value)
    elif kind is IdentifierKind.PHONE:
        value = _normalise_phone(value)
    elif not 1 <= len(value) <= _MAX_LENGTH:
        raise MalformedIdentifier(kind, f"must have 1 to {_MAX_LENGTH} characters")
    return Identifier(kind, value)


def _normalise_email(value: str) -> str:
    value = unicodedata.normalize("NFC", value.lower())
    local, _, domain = value.partition("@")
    if not local or not domain or "@" in domain:
        raise MalformedIdentifier(IdentifierKind.EMAIL, "must have one @ with text on both sides")
    if " " in value:
        raise MalformedIdentifier(IdentifierKind.EMAIL, "holds a space")
    if len(value) > _MAX_EMAIL_LENGTH:
        raise MalformedIdentifier(IdentifierKind.EMAIL, f"must have at most {_MAX_EMAIL_LENGTH} characters")
    return value


def _normalise_phone(value: str) -> str:
    value = value.translate(_PHONE_PUNCTUATION)
    if not _PHONE.fullmatch(value):
        raise MalformedIdentifier(
            IdentifierKind.PHONE, "must be in international form: +, country code and number, 7 to 15 digits"
        )
    return value


def derive_key(master: bytes, kind: IdentifierKind) -> bytes:
    """Return the index key of one kind: a value found under one kind says nothing about another."""
    label = f"accordant/blind-index/{KEY_VERSION}/{kind.value}"
    return hmac.digest(master, label.encode(), hashlib.sha256)


def blind_index(normalised: Identifier, key: bytes) -> bytes:
    """Return the 32 bytes that stand for `normalised` in the index: HMAC(key, SHA-256(value)).

    The inner hash lets a caller who only holds SHA-256 forms be served later. `key` is the kind's own.
    """
    return hmac.digest(key, hashlib.sha256(normalised.value.encode()).digest(), hashlib.sha256)


def group_refs(
    *, refs: Iterable[SubjectRef], links: Iterable[Link]
) -> dict[SubjectRef, frozenset[SubjectRef]]:
    """Return the group of each subject named in `refs` or `links`; links, even undone ones, join groups."""
    parent: dict[SubjectRef, SubjectRef] = {ref: ref for ref in refs}

    def top(ref: SubjectRef) -> SubjectRef:
        parent.setdefault(ref, ref)
        while parent[ref] != ref:
            parent[ref] = ref = parent[parent[ref]]
        return ref

    for link in links:
        parent[top(SubjectRef(link.left))] = top(SubjectRef(link.right))
    members: defaultdict[SubjectRef, set[SubjectRef]] = defaultdict(set)
    for ref in list(parent):
        members[top(ref)].add(ref)
    frozen = {ref: frozenset(group) for ref, group in members.items()}
    return {ref: frozen[top(ref)] for ref in list(parent)}
