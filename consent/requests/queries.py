"""Reads of data subject requests: all that other apps may call."""

from consent.requests.erasing.certificates.reading import (
    CertificateNotFound,
    get_certificate,
    get_certificate_file,
)
from consent.requests.erasing.holds import StandingHold, get_holds, get_ledger_holds, list_standing
from consent.requests.erasing.previewing import ErasurePlan, preview_erasure
from consent.requests.recipients import (
    KnownRecipient,
    WaitingStep,
    list_person_identifiers,
    list_recipients,
    list_waiting_steps,
)

__all__ = [
    "CertificateNotFound",
    "ErasurePlan",
    "KnownRecipient",
    "StandingHold",
    "WaitingStep",
    "get_certificate",
    "get_certificate_file",
    "get_holds",
    "get_ledger_holds",
    "list_person_identifiers",
    "list_recipients",
    "list_standing",
    "list_waiting_steps",
    "preview_erasure",
]
