"""A certificate as PDF/UA: tagged, titled and with its language set, so that a screen reader can read it."""

import json
import unicodedata
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

from consent.kernel.errors import AccordantError
from consent.requests.erasing.certificates.forms.layout import lay_out
from consent.verifier.certificates.signing import SignedFile

_TEMPLATE = Path(__file__).with_name("certificate.typ")
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}


class FontMissing(AccordantError):
    """No font of this machine has some character of the certificate."""

    code = "certificate_font_missing"
    status = 409


def write_pdf(signed: SignedFile) -> bytes:
    """Return the certificate as PDF, dated by when it was issued.

    Texts reach the typesetter as data, never as its markup. Unseen characters are shown as U+FFFD.

    :raises FontMissing: if there is none. No character is ever left out.
    """
    issued_at = datetime.fromisoformat(signed.certificate.issued_at)
    try:
        return typst.compile(
            str(_TEMPLATE),
            sys_inputs={"page": json.dumps(_seen(asdict(lay_out(signed))), ensure_ascii=False)},
            pdf_standards=["ua-1"],
            timestamp=issued_at.replace(microsecond=0),  # a PDF is dated to the second
        )
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        raise FontMissing(
            "this machine has no font for some character of the certificate: install one, or take the HTML"
        ) from error


def _seen(value: Any) -> Any:
    """Return `value` with each unseen character in its texts replaced."""
    if isinstance(value, str):
        return "".join(
            "\ufffd" if one != "\n" and unicodedata.category(one) in _UNSEEN else one for one in value
        )
    if isinstance(value, list | tuple):
        return [_seen(one) for one in value]
    return {key: _seen(one) for key, one in value.items()} if isinstance(value, dict) else value
