"""Writes of choices: all that other apps may call."""

from consent.records.adapters.opening import read_lines
from consent.records.adapters.types import Format, MalformedHeader, MalformedMapping
from consent.records.idempotency import Answer, IdempotencyKeyReused, MalformedIdempotencyKey, answer_once
from consent.records.importing import ImportInterrupted, import_file, import_rows
from consent.records.recording import BACK_DATE_TOLERANCE, record_rows
from consent.records.tokens import MalformedToken, read_token, sign_token

__all__ = [
    "BACK_DATE_TOLERANCE",
    "Answer",
    "Format",
    "IdempotencyKeyReused",
    "ImportInterrupted",
    "MalformedHeader",
    "MalformedIdempotencyKey",
    "MalformedMapping",
    "MalformedToken",
    "answer_once",
    "import_file",
    "import_rows",
    "read_lines",
    "read_token",
    "record_rows",
    "sign_token",
]
