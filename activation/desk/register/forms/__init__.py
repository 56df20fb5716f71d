"""The forms in which the register leaves the house: CSV, JSON, HTML and PDF. Pure, but for reading templates.

The same register gives the same bytes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from activation.desk.register.forms.csv_form import write_csv
from activation.desk.register.forms.html_form import write_html
from activation.desk.register.forms.json_form import write_json
from activation.desk.register.forms.pdf_form import write_pdf
from activation.desk.register.types import ProcessingRegister


@dataclass(frozen=True, slots=True)
class Form:
    """One form: what writes it, and what a browser is told of it."""

    write: Callable[[ProcessingRegister], bytes]
    media_type: str


FORMS: Mapping[str, Form] = {
    "csv": Form(write_csv, "text/csv; charset=utf-8"),
    "json": Form(write_json, "application/json"),
    "html": Form(write_html, "text/html; charset=utf-8"),
    "pdf": Form(write_pdf, "application/pdf"),
}
"""By the ending of the file's name."""
