"""Reads of data subject requests: all that other apps may call."""

from consent.requests.erasing.certificates.reading import (
    CertificateNotFound,
    get_certificate,
    get_certificate_file,
)
from consent.requests.erasing.holds import StandingHold, get_holds, get_ledger_holds, list_standing

__all__ = [
    "CertificateNotFound",
    "StandingHold",
    "get_certificate",
    "get_certificate_file",
    "get_holds",
    "get_ledger_holds",
    "list_standing",
]
