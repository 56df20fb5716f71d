"""Reads of data subject requests: all that other apps may call."""

from consent.requests.clocks.calendar import list_calendar
from consent.requests.clocks.explaining import explain_deadline, explain_request
from consent.requests.erasing.certificates.reading import (
    CertificateNotFound,
    get_certificate,
    get_certificate_file,
)
from consent.requests.erasing.holds import StandingHold, get_holds, get_ledger_holds, list_standing
from consent.requests.erasing.previewing import ErasurePlan, preview_erasure
from consent.requests.intake.hinting import Hints, get_hints
from consent.requests.listing import PageUnknown, RequestPage, RequestView, get_request, list_requests
from consent.requests.packages.reading import open_released, stream_package

__all__ = [
    "CertificateNotFound",
    "ErasurePlan",
    "Hints",
    "PageUnknown",
    "RequestPage",
    "RequestView",
    "StandingHold",
    "explain_deadline",
    "explain_request",
    "get_certificate",
    "get_certificate_file",
    "get_hints",
    "get_holds",
    "get_ledger_holds",
    "get_request",
    "list_calendar",
    "list_requests",
    "list_standing",
    "open_released",
    "preview_erasure",
    "stream_package",
]
