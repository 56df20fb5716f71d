"""Signed notes of C2SP (<https://c2sp.org/signed-note>): a text, a blank line, a line for each signature.

The reader is strict: it writes what it has understood and compares that with every byte it was given. So
there is one way only to write a note, and no two readers can understand it differently.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from consent.kernel.errors import AccordantError
from consent.kernel.signing import SigningKey, VerifyKey, is_key_name

_DASH = "\u2014"
_KEY_HASH_SIZE = 4
_MAX_SIGNATURES = 100  # the specification asks for a limit, and for 16 at least; Go's reader has this one
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class MalformedNote(AccordantError):
    """The bytes are not a signed note."""

    code = "malformed_note"


class UnsignedNote(AccordantError):
    """No key that the reader trusts has signed the note."""

    code = "unsigned_note"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: the name and the hash of the key that claims to have signed, and the signature."""

    name: str
    key_hash: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text, which ends in a newline, and its signatures."""

    text: str
    signatures: tuple[NoteSignature, ...]


def sign_note(text: str, *keys: SigningKey) -> bytes:
    """Return `text` as a note that each of `keys` has signed, in their order.

    :raises MalformedNote: if `text` cannot stand in a note, or there is no key.
    """
    try:
        message = text.encode()
    except UnicodeEncodeError as error:
        raise MalformedNote("the text holds a lone surrogate") from error
    note = Note(text, tuple(_sign(message, key) for key in keys))
    content = _write(note)
    if read_note(content) != note:
        raise MalformedNote("the text of a note ends in a newline")
    return content


def _sign(message: bytes, key: SigningKey) -> NoteSignature:
    return NoteSignature(key.verify_key.name, key.verify_key.key_hash, key.sign(message))


def read_note(content: bytes) -> Note:
    """Return the note in `content`; its signatures are not verified.

    :raises MalformedNote: if `content` is not, byte for byte, how a note is written.
    """
    try:
        note = _parse(content.decode("utf-8"))
    except ValueError as error:
        raise MalformedNote("not a signed note: not UTF-8, or no signature line where one must be") from error
    if _write(note) != content:
        raise MalformedNote("not a signed note: not written as one is written")
    return note


def verify_note(content: bytes, *keys: VerifyKey) -> Note:
    """Return the note in `content` with those of its signatures that `keys` have made, all verified.

    Signatures of other keys are ignored, as the specification demands.

    :raises MalformedNote: if `content` is no note.
    :raises UnsignedNote: if none of `keys` has signed it.
    :raises BadSignature: if a signature in the name of one of `keys` is not that key's over this text.
    """
    note = read_note(content)
    known = {(key.name, key.key_hash): key for key in keys}
    signatures = tuple(one for one in note.signatures if (one.name, one.key_hash) in known)
    if not signatures:
        raise UnsignedNote(f"not signed by any of: {', '.join(key.name for key in keys) or 'no key given'}")
    for one in signatures:
        known[one.name, one.key_hash].verify(note.text.encode(), one.signature)
    return replace(note, signatures=signatures)


def _parse(content: str) -> Note:
    if _CONTROL.search(content):
        raise MalformedNote("a note holds no control characters but newlines")
    text, separator, lines = content.rpartition("\n\n")
    signatures = tuple(_parse_signatures(lines.split("\n")[:-1]))
    if not separator or not 1 <= len(signatures) <= _MAX_SIGNATURES:
        raise MalformedNote(f"a note has a text, a blank line and 1 to {_MAX_SIGNATURES} signatures")
    return Note(text + "\n", signatures)


def _parse_signatures(lines: Iterable[str]) -> Iterable[NoteSignature]:
    for line in lines:
        _dash, name, encoded = line.split(" ")
        raw = base64.b64decode(encoded, validate=True)
        if not is_key_name(name) or len(raw) <= _KEY_HASH_SIZE:
            raise MalformedNote("a signature line has a key's name, and that key's hash and signature")
        yield NoteSignature(name, raw[:_KEY_HASH_SIZE], raw[_KEY_HASH_SIZE:])


def _write(note: Note) -> bytes:
    lines = (
        f"{_DASH} {one.name} {base64.b64encode(one.key_hash + one.signature).decode()}\n"
        for one in note.signatures
    )
    return f"{note.text}\n{''.join(lines)}".encode()
