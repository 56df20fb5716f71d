"""Writes of choices: all that other apps may call."""

from consent.records.adapters.opening import read_lines
from consent.records.adapters.types import Format, MalformedHeader, MalformedMapping
from consent.records.evidence import (
    ExportOrder,
    ExportPace,
    ExportReport,
    ExportTooLarge,
    NoRevealReason,
    NothingToExport,
    PeriodNotOver,
    export_evidence,
)
from consent.records.forgetting import forget_pruned
from consent.records.idempotency import (
    Answer,
    IdempotencyKeyReused,
    MalformedIdempotencyKey,
    answer_once,
    forget_answers,
)
from consent.records.import_types import ImportReport
from consent.records.importing import ImportInterrupted, import_file, import_rows
from consent.records.invalidation import (
    CountChanged,
    NoReasonGiven,
    NoSourceNamed,
    RunNotFound,
    continue_invalidation,
    count_collected,
    list_unfinished,
    start_invalidation,
)
from consent.records.rebuilding import rebuild_choices
from consent.records.receipts import NoPolicyRecorded, RecordNotFound, get_receipt
from consent.records.recording import record_rows
from consent.records.references import find_unknown_records
from consent.records.signals.errors import SignalsRefused
from consent.records.signals.heard import hear_gpc
from consent.records.signals.vendor_lists import fetch_list, list_kept
from consent.records.tokens import MalformedToken, read_token, sign_token
from consent.records.types import BACK_DATE_TOLERANCE

__all__ = [
    "BACK_DATE_TOLERANCE",
    "Answer",
    "CountChanged",
    "ExportOrder",
    "ExportPace",
    "ExportReport",
    "ExportTooLarge",
    "Format",
    "IdempotencyKeyReused",
    "ImportInterrupted",
    "ImportReport",
    "MalformedHeader",
    "MalformedIdempotencyKey",
    "MalformedMapping",
    "MalformedToken",
    "NoPolicyRecorded",
    "NoReasonGiven",
    "NoRevealReason",
    "NoSourceNamed",
    "NothingToExport",
    "PeriodNotOver",
    "RecordNotFound",
    "RunNotFound",
    "SignalsRefused",
    "answer_once",
    "continue_invalidation",
    "count_collected",
    "export_evidence",
    "fetch_list",
    "find_unknown_records",
    "forget_answers",
    "forget_pruned",
    "get_receipt",
    "hear_gpc",
    "import_file",
    "import_rows",
    "list_kept",
    "list_unfinished",
    "read_lines",
    "read_token",
    "rebuild_choices",
    "record_rows",
    "sign_token",
    "start_invalidation",
]
