"""Evidence packs out of the running service: the ledger's entries of some subjects, or of a period.

All proofs in a pack are under one checkpoint. What was pending when the export began is waited for.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from consent.kernel.errors import AccordantError
from consent.kernel.sealing import OpenedPart, unseal
from consent.kernel.signing import VerifyKey
from consent.keys.queries import get_keys
from consent.ledger import queries as ledger_queries
from consent.ledger import services as ledger
from consent.ledger.types import (
    LedgerEntry,
    NewEntry,
    NotSealedYet,
    Selection,
    StoredCheckpoint,
    Stream,
    rfc3339,
)
from consent.records.receipts import NoPolicyRecorded, ReceiptWriter
from consent.subjects import queries as subject_queries
from consent.subjects.types import SubjectRef
from consent.verifier.packs.content import PackContent, PackKind, PackLeaf
from consent.verifier.packs.reading import MAX_FILES
from consent.verifier.packs.writing import check_target, write_pack
from consent.verifier.receipts.document import NotAChoice

_OTHER_FILES = 1000  # more than a log has hand-overs, and the four files that every pack has
MAX_REASON = 200


class NothingToExport(AccordantError):
    """The ledger holds no entry of what was asked for."""

    code = "nothing_to_export"


class ExportTooLarge(AccordantError):
    """The pack would hold more files than the verifier opens."""

    code = "export_too_large"


class PeriodNotOver(AccordantError):
    """The period ends in the future: the pack would not hold all of it."""

    code = "period_not_over"


class NoRevealReason(AccordantError):
    """Private parts are opened for a reason only."""

    code = "no_reveal_reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOrder:
    """What a pack is to hold."""

    selection: Selection
    with_receipts: bool = False
    reveal_reason: str | None = None
    """Set: private parts are opened, and why. It goes into the ledger, so it holds no personal data."""

    @property
    def kind(self) -> PackKind:
        """What the pack is about."""
        return PackKind.PERIOD if self.selection.subject_refs is None else PackKind.SUBJECT


@dataclass(slots=True)
class ExportReport:
    """What became of an export."""

    size: int
    """The leaves that the pack's checkpoint is over."""
    entries: int
    receipts: int = 0
    without_terms: int = 0
    """Choices without a receipt: no policy was in force when they were recorded."""
    revealed: int = 0
    unreadable: int = 0
    """Private parts whose key was destroyed: they stay sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPace:
    """How to wait for a checkpoint, whom to tell of progress, and how many entries to take at once."""

    patience: Sequence[float] = ()
    """Seconds to wait, again and again."""
    wait: Callable[[float], object] = lambda _: None
    progress: Callable[[int, int], None] = lambda _done, _total: None
    chunk: int = 2000


def export_evidence(
    *, target: Path, order: ExportOrder, at: datetime, overwrite: bool = False, pace: ExportPace | None = None
) -> ExportReport:
    """Write the pack that `order` asks for to `target`, dated `at`, and return what went into it.

    It needs no transaction: entries never change. The name appears when the pack is whole. If private parts
    are opened, the ledger is told first.

    :raises PackExists: if `target` is there; with `overwrite`, if it is no pack.
    :raises PeriodNotOver: if the period ends in the future. :raises NoRevealReason: if the reason is empty.
    :raises NotSealedYet: if no checkpoint covers everything in time: the sequencer does not run.
    :raises NothingToExport, ExportTooLarge: if there are no entries, or too many for one pack.
    :raises KeyNotHandedOver: if the configured key is not the one that signs this log.
    :raises KeysUnavailable, KeyUnreadable, Unsealable: if private parts cannot be opened.
    :raises OSError: if it cannot be written.
    """
    pace = pace or ExportPace()
    check_target(target, overwrite=overwrite)
    _check_order(order)
    checkpoint = _await_checkpoint(pace)
    indexes = _list_indexes(order, checkpoint)
    report = ExportReport(size=checkpoint.size, entries=len(indexes))
    export = _Export(order, checkpoint, pace, report, ReceiptWriter.open(at=at))
    export.tell_of_revealing(indexes)
    keys = ledger_queries.list_log_keys()
    content = PackContent(
        origin=export.receipts.origin,
        kind=order.kind,
        created_at=rfc3339(at),
        first_key=VerifyKey.parse(keys[0].verify_key),
        handovers=tuple(key.handover for key in keys[1:]),
        checkpoint=checkpoint.note,
        leaves=export.list_leaves(indexes),
    )
    write_pack(target, content, export.receipts.key, overwrite=overwrite)
    return report


def _check_order(order: ExportOrder) -> None:
    until = order.selection.recorded_until
    if until is not None and until > ledger_queries.get_time():
        raise PeriodNotOver("the period ends in the future: what is still to be recorded would be missing")
    reason = order.reveal_reason
    if reason is not None and not 1 <= len(reason.strip()) <= MAX_REASON:
        raise NoRevealReason(f"say why private parts are opened, in 1 to {MAX_REASON} characters")


def _await_checkpoint(pace: ExportPace) -> StoredCheckpoint:
    """Return a checkpoint over everything that was recorded until now."""
    now = ledger_queries.get_time()
    if not (ledger_queries.count_pending() or ledger_queries.get_size()):
        raise NothingToExport("the ledger is empty")
    for seconds in (*pace.patience, 0.0):
        if not ledger_queries.count_pending(until=now):
            size, checkpoint = ledger_queries.get_size(), ledger_queries.get_checkpoint()
            if checkpoint is not None and checkpoint.size >= size:
                return checkpoint
        pace.wait(seconds)
    raise NotSealedYet(
        "what was recorded last is under no signed checkpoint: the sequencer does not run, or is far behind"
        " (manage.py run_sequencer)"
    )


def _list_indexes(order: ExportOrder, checkpoint: StoredCheckpoint) -> list[int]:
    files = 2 + order.with_receipts + (order.reveal_reason is not None)
    most = (MAX_FILES - _OTHER_FILES) // files
    indexes = ledger_queries.list_indexes(order.selection, below=checkpoint.size, limit=most + 1)
    if not indexes:
        raise NothingToExport("the ledger holds no entry of that subject or period")
    if len(indexes) > most:
        raise ExportTooLarge(f"one pack holds at most {most:,} entries of this kind: take shorter periods")
    return indexes


@dataclass(slots=True)
class _Export:
    """The entries of one pack, made a chunk at a time."""

    order: ExportOrder
    checkpoint: StoredCheckpoint
    pace: ExportPace
    report: ExportReport
    receipts: ReceiptWriter

    def tell_of_revealing(self, indexes: Sequence[int]) -> None:
        """Write into the ledger that private parts are going to be opened, if they are."""
        if self.order.reveal_reason is None:
            return
        parts, subjects = ledger_queries.count_private_parts(indexes)
        body = {
            "pack": self.order.kind.value,
            "refs": subjects,
            "parts": parts,
            "reason": self.order.reveal_reason.strip(),
        }
        with transaction.atomic():
            ledger.append(stream=Stream.AUDIT, entries=[NewEntry("private_parts_revealed", body)])

    def list_leaves(self, indexes: Sequence[int]) -> Iterator[PackLeaf]:
        """Yield what the pack holds of each entry."""
        for start in range(0, len(indexes), self.pace.chunk):
            chunk = indexes[start : start + self.pace.chunk]
            yield from self._list_chunk(chunk)
            self.pace.progress(start + len(chunk), len(indexes))

    def _list_chunk(self, indexes: Sequence[int]) -> Iterator[PackLeaf]:
        entries = ledger_queries.list_entries(indexes)
        proofs = ledger_queries.get_proofs(indexes, self.checkpoint)
        private = self._open_parts(entries)
        for entry in entries:
            proof = proofs[entry.index]
            yield PackLeaf(
                index=entry.index,
                envelope=entry.envelope,
                proof=proof,
                receipt=self._write_receipt(entry, proof),
                private=private.get(entry.event_id),
            )

    def _write_receipt(self, entry: LedgerEntry, proof: bytes) -> bytes | None:
        if not self.order.with_receipts:
            return None
        try:
            receipt = self.receipts.write(entry, proof)
        except NotAChoice:
            return None
        except NoPolicyRecorded:
            self.report.without_terms += 1
            return None
        self.report.receipts += 1
        return receipt

    def _open_parts(self, entries: Sequence[LedgerEntry]) -> Mapping[str, OpenedPart]:
        if self.order.reveal_reason is None:
            return {}
        sealed = ledger_queries.list_private_parts(entry.event_id for entry in entries)
        refs = {entry.event_id: entry.subject_ref or "" for entry in entries if entry.event_id in sealed}
        keys = get_keys(_without_erased(refs.values()))
        opened = {
            event_id: unseal(sealed[event_id], key=keys[ref], subject_ref=ref, event_id=event_id)
            for event_id, ref in refs.items()
            if ref in keys
        }
        self.report.revealed += len(opened)
        self.report.unreadable += len(sealed) - len(opened)
        return opened


def _without_erased(refs: Iterable[str]) -> set[str]:
    """Return those whose private parts may be revealed: of the erased, a request may still keep the keys."""
    wanted = set(refs)
    found = subject_queries.list_subjects(SubjectRef(ref) for ref in wanted)
    return wanted - {ref for ref, subject in found.items() if subject.erased_at is not None}
