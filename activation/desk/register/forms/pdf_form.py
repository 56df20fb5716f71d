"""The register as PDF/UA: tagged, titled and with its language set, so that a screen reader can read it."""

import unicodedata
from pathlib import Path

import msgspec
import typst

from activation.desk.register.layout import lay_out
from activation.desk.register.types import ProcessingRegister
from consent.kernel.errors import AccordantError

_TEMPLATE = Path(__file__).with_name("register.typ")
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}


class FontMissing(AccordantError):
    """No font of this machine has some character of the register."""

    code = "register_font_missing"
    status = 409


def write_pdf(register: ProcessingRegister) -> bytes:
    """Return the register as PDF, dated by when it was made.

    Texts reach the typesetter as data, never as its markup. Latin, Greek, Cyrillic, Arabic and Hebrew letters
    are in the fonts that come with it; others are taken from the fonts of this machine. Characters that
    cannot be seen are shown as U+FFFD.

    :raises FontMissing: if there are none. No character is ever left out.
    """
    page = msgspec.json.decode(msgspec.json.encode(lay_out(register)))
    try:
        return typst.compile(
            str(_TEMPLATE),
            sys_inputs={"register": msgspec.json.encode(_seen(page)).decode()},
            pdf_standards=["ua-1"],
            timestamp=register.generated_at.replace(microsecond=0),  # a PDF is dated to the second
        )
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        raise FontMissing(
            "this machine has no font for some character of the register: install one, or take the HTML"
        ) from error


def _seen(value: object) -> object:
    """Return `value` with each unseen character in its texts replaced; soft hyphens and joiners too."""
    if isinstance(value, str):
        return "".join(
            "\ufffd" if one != "\n" and unicodedata.category(one) in _UNSEEN else one for one in value
        )
    if isinstance(value, list):
        return [_seen(one) for one in value]
    return {key: _seen(one) for key, one in value.items()} if isinstance(value, dict) else value
