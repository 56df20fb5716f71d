"""Writes of data subject requests: all that other apps may call."""

from consent.requests.packages.building import begin_package, build_package, retry_package
from consent.requests.packages.redacting import redact, undo_redaction
from consent.requests.packages.releasing import release, withdraw

__all__ = [
    "begin_package",
    "build_package",
    "redact",
    "release",
    "retry_package",
    "undo_redaction",
    "withdraw",
]
