"""Reads of data subject requests: all that other apps may call."""

from consent.requests.attention import MOST_COUNTED, RequestCounts, count_attention
from consent.requests.clocks.calendar import list_calendar
from consent.requests.clocks.explaining import explain_deadline, explain_request
from consent.requests.erasing.certificates.reading import (
    CertificateNotFound,
    get_certificate,
    get_certificate_file,
)
from consent.requests.erasing.holds import StandingHold, get_holds, get_ledger_holds, list_standing
from consent.requests.erasing.previewing import ErasurePlan, preview_erasure
from consent.requests.fanning.reading import (
    StuckStep,
    count_stuck_steps,
    get_callback_secret,
    list_stuck_steps,
)
from consent.requests.intake.hinting import Hints, get_hints
from consent.requests.listing import (
    PageUnknown,
    RequestPage,
    RequestView,
    get_request,
    list_requests,
    list_requests_of,
)
from consent.requests.packages.previewing import list_datasets, list_rows
from consent.requests.packages.reading import count_downloads, find_package, open_released, stream_package
from consent.requests.recipients import (
    KnownRecipient,
    WaitingStep,
    list_person_identifiers,
    list_recipients,
    list_waiting_steps,
)

__all__ = [
    "MOST_COUNTED",
    "CertificateNotFound",
    "ErasurePlan",
    "Hints",
    "KnownRecipient",
    "PageUnknown",
    "RequestCounts",
    "RequestPage",
    "RequestView",
    "StandingHold",
    "StuckStep",
    "WaitingStep",
    "count_attention",
    "count_downloads",
    "count_stuck_steps",
    "explain_deadline",
    "explain_request",
    "find_package",
    "get_callback_secret",
    "get_certificate",
    "get_certificate_file",
    "get_hints",
    "get_holds",
    "get_ledger_holds",
    "get_request",
    "list_calendar",
    "list_datasets",
    "list_person_identifiers",
    "list_recipients",
    "list_requests",
    "list_requests_of",
    "list_rows",
    "list_standing",
    "list_stuck_steps",
    "list_waiting_steps",
    "open_released",
    "preview_erasure",
    "stream_package",
]
