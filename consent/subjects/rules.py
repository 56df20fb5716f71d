"""How an identifier is written before it is looked up, what stands for it, and who belongs together."""

import hashlib
import hmac
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from consent.kernel.errors import AccordantError
from consent.subjects.types import HASHED_KINDS, Identifier, IdentifierKind, Link, SubjectRef

_MAX_LENGTH = 200
_MAX_LENGTHS = {IdentifierKind.EMAIL: 254}  # RFC 5321 section 4.5.3.1.3, less the angle brackets
_PHONE = re.compile(r"\+[0-9]{7,15}", re.ASCII)
_PHONE_PUNCTUATION = str.maketrans("", "", " -.()/")
_PLAIN_EMAIL = re.compile(
    r"(?=[^@]{1,64}@)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?=.{1,253}\Z)(?!.*--)"
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
    re.ASCII,
)
_RESERVED = tuple(mark + name for name in SPECIAL_USE_DOMAIN_NAMES for mark in ("@", "."))
"""Ends of addresses that the library refuses, or has something of its own to say about (RFC 6761)."""
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class MalformedIdentifier(AccordantError):
    """The value is no identifier of its kind. The message tells the kind and the reason, never the value."""

    code = "malformed_identifier"

    def __init__(self, kind: IdentifierKind, reason: str) -> None:
        super().__init__(f"{kind.value}: {reason}")
        self.kind = kind
        self.reason = reason


def normalise(identifier: Identifier) -> Identifier:
    """Return `identifier` in the one form in which it is looked up. Normalising twice changes nothing.

    Every kind is trimmed and composed (Unicode NFC). An e-mail address is lower-cased whole (two mailboxes
    that differ only in case are, in practice, one person) and its domain written in ASCII (RFC 5891). A
    telephone number is reduced to E.164. Advertising ids and SHA-256 forms are lower-cased.

    :raises MalformedIdentifier: if the value cannot be an identifier of its kind.
    """
    if identifier.is_normalised:
        return identifier
    form = normalise_value(identifier.kind, identifier.value)
    return Identifier(identifier.kind, form, identifier.verified, is_normalised=True)


def normalise_value(kind: IdentifierKind, value: str) -> str:
    """Return the value that `normalise` gives an identifier.

    :raises MalformedIdentifier: if it cannot be an identifier of its kind.
    """
    value = value.strip()
    if not value.isprintable():
        raise MalformedIdentifier(kind, "holds a character that cannot be printed")
    if not value.isascii():
        value = unicodedata.normalize("NFC", value)
    if not 1 <= len(value) <= _MAX_LENGTHS.get(kind, _MAX_LENGTH):
        raise MalformedIdentifier(kind, f"must have 1 to {_MAX_LENGTHS.get(kind, _MAX_LENGTH)} characters")
    return _FORMS.get(kind, _as_it_is)(kind, value)


def _as_it_is(_: IdentifierKind, value: str) -> str:
    return value


def _email(kind: IdentifierKind, value: str) -> str:
    lowered = unicodedata.normalize("NFC", value.lower())
    if _PLAIN_EMAIL.fullmatch(lowered) and not lowered.endswith(_RESERVED):
        return lowered  # as the library would write it, at a fiftieth of the time
    try:
        address = validate_email(lowered, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise MalformedIdentifier(kind, "is no e-mail address") from error
    return f"{address.local_part}@{address.ascii_domain}".lower()


def _phone(kind: IdentifierKind, value: str) -> str:
    digits = value.translate(_PHONE_PUNCTUATION)
    try:
        number = phonenumbers.parse(digits) if _PHONE.fullmatch(digits) else None
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise MalformedIdentifier(kind, "must be a possible number in international form: + and country code")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _advertising_id(kind: IdentifierKind, value: str) -> str:
    if not value.strip("0-"):
        raise MalformedIdentifier(kind, "is all zeros, which stands for nobody")
    return value.lower()


def _sha256(kind: IdentifierKind, value: str) -> str:
    if not _SHA256.fullmatch(value.lower()):
        raise MalformedIdentifier(kind, "must be 64 hexadecimal digits")
    return value.lower()


_FORMS: Mapping[IdentifierKind, Callable[[IdentifierKind, str], str]] = {
    IdentifierKind.EMAIL: _email,
    IdentifierKind.PHONE: _phone,
    IdentifierKind.ADVERTISING_ID: _advertising_id,
    IdentifierKind.EMAIL_SHA256: _sha256,
    IdentifierKind.PHONE_SHA256: _sha256,
}


def digest_of(normalised: Identifier) -> tuple[IdentifierKind, bytes]:
    """Return the kind that `normalised` is kept under, and the SHA-256 of its value there (32 bytes).

    A SHA-256 form is taken at its word: it leads where the value that it was made of leads.
    """
    return digest_value(normalised.kind, normalised.value)


def digest_value(kind: IdentifierKind, normalised: str) -> tuple[IdentifierKind, bytes]:
    """Return what `digest_of` returns of an identifier with this normalised value."""
    if kind in HASHED_KINDS:
        return HASHED_KINDS[kind], bytes.fromhex(normalised)
    return kind, hashlib.sha256(normalised.encode()).digest()


def read_digest(kind: IdentifierKind, value: str) -> tuple[IdentifierKind, bytes]:
    """Return what `digest_of` returns for the value as it was sent.

    :raises MalformedIdentifier: if the value cannot be an identifier of its kind.
    """
    return digest_value(kind, normalise_value(kind, value))


def derive_key(master: bytes, kind: IdentifierKind) -> bytes:
    """Return the index key of one kind: a value found under one kind says nothing about another."""
    return hmac.digest(master, f"accordant/blind-index/1/{kind.value}".encode(), hashlib.sha256)


def derive_tombstone_key(master: bytes, kind: IdentifierKind) -> bytes:
    """Return the tombstone key of one kind: what it makes never equals what is in the index."""
    return hmac.digest(master, f"accordant/tombstone/1/{kind.value}".encode(), hashlib.sha256)


def blind_index(digest: bytes, key: bytes) -> bytes:
    """Return the 32 bytes that stand for an identifier: HMAC(its kind's key, SHA-256(value))."""
    return hmac.digest(key, digest, hashlib.sha256)


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
