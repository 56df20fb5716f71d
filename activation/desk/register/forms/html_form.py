"""The register as one HTML file: no script, nothing loaded from elsewhere, and made to be printed."""

from pathlib import Path

from django.template import Context, Engine

from activation.desk.register.layout import lay_out
from activation.desk.register.types import ProcessingRegister

_TEMPLATE = Path(__file__).with_name("register.html")


def write_html(register: ProcessingRegister) -> bytes:
    """Return the register as HTML in UTF-8. Every text is escaped."""
    template = Engine().from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(Context({"page": lay_out(register)}, autoescape=True)).encode()
