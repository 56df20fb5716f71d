"""A file that holds one statement and its signature by Ed25519, as canonical JSON and a line's end.

There is one way only to write it: what was read is written anew and compared with every byte given.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.kernel.signing import SigningKey, VerifyKey
from consent.verifier.envelopes import has_types
from consent.verifier.keys import find_key, key_id

Statement = TypeVar("Statement")
_SIGNATURE = {"key": (str,), "value": (str,)}


@dataclass(frozen=True, slots=True)
class Signed(Generic[Statement]):
    """A statement whose form is right; its signature is not checked yet."""

    statement: Statement
    key: str
    """Name and hash of the key that is said to have signed."""
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedFile(Generic[Statement]):
    """How the statements of one kind are written and signed."""

    name: str
    """Of the file: `pack.json`."""
    member: str
    """Of the document that holds the statement, beside its signature."""
    context: bytes
    """What is signed before the statement, so that no signature is good for another kind."""
    fields: Mapping[str, tuple[type, ...]]
    """Every field of the statement, and its types."""
    malformed: type[AccordantError]
    """What rises where the form is wrong."""
    to_document: Callable[[Statement], Mapping[str, Any]]
    from_document: Callable[[Mapping[str, Any]], Statement]
    """Raises ValueError, KeyError or TypeError for what is no statement."""

    def write(self, statement: Statement, key: SigningKey) -> bytes:
        """Return the file, signed with `key`."""
        signature = key.sign(self._message(statement))
        return self._write(Signed(statement, key_id(key.verify_key), signature))

    def read(self, content: bytes) -> Signed[Statement]:
        """Return what the file states; `malformed` rises if a byte of it is not what `write` would write."""
        try:
            signed = self._parse(canonical.loads(content))
            is_same = self._write(signed) == content
        except (canonical.MalformedJson, ValueError, KeyError, TypeError) as error:
            raise self.malformed(f"{self.name} is not written as this version writes it") from error
        if not is_same:
            raise self.malformed(f"{self.name} is not in canonical form: it was changed after it was written")
        return signed

    def check_signature(self, signed: Signed[Statement], *keys: VerifyKey) -> VerifyKey:
        """Return that one of `keys` which signed the statement.

        :raises WrongKey: if it names none of them. :raises BadSignature: if it is not signed by that one.
        """
        key = find_key(signed.key, keys)
        key.verify(self._message(signed.statement), signed.signature)
        return key

    def _message(self, statement: Statement) -> bytes:
        return self.context + canonical.dumps(dict(self.to_document(statement)))

    def _write(self, signed: Signed[Statement]) -> bytes:
        value = base64.b64encode(signed.signature).decode()
        document = {
            self.member: dict(self.to_document(signed.statement)),
            "signature": {"key": signed.key, "value": value},
        }
        return canonical.dumps(document) + b"\n"

    def _parse(self, document: Any) -> Signed[Statement]:
        stated, signature = document[self.member], document["signature"]
        if not has_types(stated, self.fields) or not has_types(signature, _SIGNATURE):
            raise self.malformed(f"{self.name} has a field that is missing, unknown or of another type")
        value = base64.b64decode(signature["value"], validate=True)
        return Signed(self.from_document(stated), signature["key"], value)
