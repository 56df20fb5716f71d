"""Writes of choices: all that other apps may call."""

from consent.records.idempotency import Answer, IdempotencyKeyReused, MalformedIdempotencyKey, answer_once
from consent.records.importing import ImportInterrupted, import_rows, read_lines
from consent.records.rebuilding import rebuild_choices
from consent.records.recording import BACK_DATE_TOLERANCE, record_rows
from consent.records.tokens import MalformedToken, read_token, sign_token

__all__ = [
    "BACK_DATE_TOLERANCE",
    "Answer",
    "IdempotencyKeyReused",
    "ImportInterrupted",
    "MalformedIdempotencyKey",
    "MalformedToken",
    "answer_once",
    "import_rows",
    "read_lines",
    "read_token",
    "rebuild_choices",
    "record_rows",
    "sign_token",
]
