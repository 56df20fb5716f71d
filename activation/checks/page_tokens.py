"""The tokens by which a search goes on from page to page."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core import signing

from consent.kernel import canonical
from consent.kernel.errors import AccordantError

_SALT = "activation.checks.page-token"


class MalformedPageToken(AccordantError):
    """The text is no token that a page of this very search answered with."""

    code = "malformed_page_token"


class PageTokenOutdated(AccordantError):
    """Another policy is in force than when the search began: begin it again."""

    code = "page_token_outdated"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a search goes on."""

    after: str = ""
    """The last candidate that was done with."""
    skip: int = 0
    """How many results of the next one were given already."""
    limit: int = 0
    """How many results a page holds at most."""


def sign_cursor(cursor: Cursor, *, search: str, entities: Mapping[str, Any], digest: str) -> str:
    """Return the cursor as text that only we can have made, good for this very question and policy alone."""
    return _signer(search, entities).sign_object([cursor.after, cursor.skip, cursor.limit, digest])


def read_cursor(text: str, *, search: str, entities: Mapping[str, Any], digest: str) -> Cursor:
    """Return the cursor that `sign_cursor` made.

    :raises MalformedPageToken: if it made no such text, or for another question.
    :raises PageTokenOutdated: if another policy is in force by now.
    """
    try:
        after, skip, limit, made_under = _signer(search, entities).unsign_object(text)
    except (signing.BadSignature, ValueError) as error:
        raise MalformedPageToken(
            "send the token as the page before answered with it, and the same question with it"
        ) from error
    if made_under != digest:
        raise PageTokenOutdated("another policy is in force by now: begin the search again")
    return Cursor(after, skip, limit)


def _signer(search: str, entities: Mapping[str, Any]) -> signing.Signer:
    question = hashlib.sha256(canonical.dumps(entities)).hexdigest()  # what was asked is not in the token
    return signing.Signer(salt=f"{_SALT}:{search}:{question}")
