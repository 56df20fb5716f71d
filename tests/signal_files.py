"""Files of strings as a consent management platform exports them, and what an import of one comes to."""

import io
from collections.abc import Iterable
from datetime import datetime

from consent.records.import_types import ImportReport
from consent.records.models import CurrentChoice
from consent.records.services import Format, import_file
from tests.signals_world import NOON, make_tc

HEADER = "customer,mail,tcString,gppString,usprivacy,gpc,updated,country"
MAPPING = """
schema: accordant/import-mapping/1
identifiers: {customer: customer_id, mail: email_sha256}
controller: acme
notice: privacy
notice_version: 1
signals:
  tcf: tcString
  gpp: gppString
  usp: usprivacy
  gpc: gpc
  effective_at: updated
  jurisdictions: [country]
"""
UNTIMED = MAPPING.replace("  effective_at: updated\n", "")
SALE_OPT_OUT = "DBABLA~BVQVAAAAAgA.QA"


def make_line(
    person: str,
    *,
    tcf: str = "",
    gpp: str = "",
    usp: str = "",
    gpc: str = "",
    at: datetime | str = NOON,
    country: str = "DE",
) -> str:
    """Return a row of the file about `person`."""
    told = at if isinstance(at, str) else at.isoformat()
    return f"{person},,{tcf},{gpp},{usp},{gpc},{told},{country}"


def make_tc_line(person: str, *purposes: int, made_at: datetime) -> str:
    """Return a row with a TC string that consents to `purposes`, given when it was made."""
    return make_line(person, tcf=make_tc(*purposes, made_at=made_at), at=made_at)


def make_file(lines: Iterable[str]) -> bytes:
    """Return the file, as a program of Microsoft's writes it."""
    return ("\ufeff" + "\r\n".join([HEADER, *lines]) + "\r\n").encode()


def run(
    *lines: str,
    mapping: str = MAPPING,
    batch: int = 1000,
    dry_run: bool = False,
    at: datetime = NOON,
    text: bytes | None = None,
    file_format: Format = Format.CSV,
) -> ImportReport:
    """Import the lines, or the text as it stands."""
    return import_file(
        file=io.BytesIO(make_file(lines) if text is None else text),
        file_format=file_format,
        mapping_text=mapping,
        source="cmp",
        at=at,
        batch=batch,
        dry_run=dry_run,
    )


def list_in_force() -> dict[str, str]:
    """Return the choice in force by purpose; there is one subject."""
    return dict(CurrentChoice.objects.order_by("purpose").values_list("purpose", "choice"))
