"""The seal of a page: a signed note that binds its bytes to what was asked.

A page is true of the moment of one request. So the note names all that the request asked, a word that the
caller made up included: no page passes for another one, nor for itself at a later time.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from urllib.parse import urlencode

from consent.kernel.errors import AccordantError
from consent.kernel.notes import sign_note, verify_note
from consent.kernel.signing import SigningKey, VerifyKey

HEADER = "Accordant-Note"
_FIRST_LINE = "accordant/snapshot/1"


class PageRefused(AccordantError):
    """The page is not what the service sealed in answer to this request."""

    code = "page_refused"


def seal(page: bytes, *, address: str, asked: Mapping[str, str], key: SigningKey) -> str:
    """Return the header that goes with a page: a C2SP signed note in base64."""
    return base64.b64encode(sign_note(_write(page, address, asked), key)).decode()


def break_seal(
    header: str | None, page: bytes, *, address: str, asked: Mapping[str, str], key: VerifyKey
) -> None:
    """Return if `key` has sealed just this page in answer to just this request.

    :raises PageRefused: if it has not.
    """
    try:
        note = verify_note(base64.b64decode(header or "", validate=True), key)
    except (AccordantError, binascii.Error, ValueError) as error:
        raise PageRefused("the page carries no signature of the pinned key") from error
    if note.text != _write(page, address, asked):
        raise PageRefused("the signature is over another page, or answers another request")


def _write(page: bytes, address: str, asked: Mapping[str, str]) -> str:
    question = urlencode(sorted(asked.items()))
    return f"{_FIRST_LINE}\n{address}?{question}\nsha256:{hashlib.sha256(page).hexdigest()}\n"
