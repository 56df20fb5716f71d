"""The forms in which a certificate is handed out: JSON, which verifies, and HTML and PDF, which are read.

The same certificate gives the same bytes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from consent.requests.erasing.certificates.forms.html_form import write_html
from consent.requests.erasing.certificates.forms.pdf_form import write_pdf
from consent.verifier.certificates.signing import SignedFile


@dataclass(frozen=True, slots=True)
class Form:
    """One form: what writes it, and what a browser is told of it."""

    write: Callable[[SignedFile], bytes]
    media_type: str


FORMS: Mapping[str, Form] = {
    "json": Form(lambda signed: signed.content, "application/json"),
    "html": Form(write_html, "text/html; charset=utf-8"),
    "pdf": Form(write_pdf, "application/pdf"),
}
"""By the ending of the file's name."""
