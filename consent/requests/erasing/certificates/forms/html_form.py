"""A certificate as one HTML file: no script, nothing loaded from elsewhere, and made to be printed."""

from pathlib import Path

from django.template import Context, Engine

from consent.requests.erasing.certificates.forms.layout import lay_out
from consent.verifier.certificates.signing import SignedFile

_TEMPLATE = Path(__file__).with_name("certificate.html")


def write_html(signed: SignedFile) -> bytes:
    """Return the certificate as HTML in UTF-8. Every text is escaped."""
    template = Engine().from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(Context({"page": lay_out(signed)}, autoescape=True)).encode()
