"""What the consent register itself holds about the person: choices with receipts, and how it knows them.

Only of the subjects that the request was matched with: whoever shares a link or a device with them is not
in it.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from consent.ledger import queries as ledger
from consent.ledger.types import Selection, StoredCheckpoint, Stream
from consent.records.queries import list_records_after, list_sent_signals
from consent.records.receipts import NoPolicyRecorded, ReceiptWriter
from consent.records.types import ANY_PURPOSE, ChoiceRecord, SignalOnRecord
from consent.requests.packages.archive import Archive
from consent.requests.packages.cells import for_services, for_spreadsheet, visible
from consent.requests.packages.pages import PagedTable, cell, link_cell, render
from consent.requests.packages.policy import PolicyView
from consent.requests.packages.tables import BOM
from consent.requests.packages.wording import Words, moment
from consent.subjects.queries import list_facts, list_identifiers
from consent.subjects.types import Fact, KnownIdentifier, SubjectRef
from consent.verifier.packs.layout import receipt_name
from consent.verifier.receipts.document import NotAChoice

MAX_RECEIPTS = 5000
"""The newest so many choices have a receipt in the package: each is a file."""
_MOST_ENTRIES = 200_000
_CHUNK = 200
_COLUMNS = ("effective_at", "purpose", "choice", "controller", "destination", "notice", "notice_version")
_MORE_COLUMNS = ("expires_at", "recorded_at", "record_id", "receipt")
_HEADS = ("when", "purpose", "choice", "controller", "recipient", "notice", "until", "recorded", "receipt")


class History:
    """The person's choices, gone through as often as there are forms to write."""

    def __init__(
        self, refs: Sequence[SubjectRef], policy: PolicyView, words: Words, progress: Callable[[], None]
    ) -> None:
        self._refs, self._policy, self._words, self._progress = refs, policy, words, progress
        self._receipts: set[str] = set()
        self.count = 0

    def write(self, archive: Archive, *, at: datetime) -> str:
        """Write receipts and choices in all forms; return the name of the first page."""
        self._write_receipts(archive, at)
        with archive.file("json/choices.json") as file:
            file.write("[")
            for record in self._list():
                file.write((",\n" if self.count else "\n") + for_services(self._as_values(record)))
                self.count += 1
            file.write("\n]\n")
        with archive.file("csv/choices.csv") as file:
            columns = (*_COLUMNS, *_MORE_COLUMNS)
            file.write(BOM + ",".join(for_spreadsheet(name, withheld="") for name in columns) + "\r\n")
            for record in self._list():
                values = self._as_values(record)
                fields = (for_spreadsheet(values[name], withheld="") for name in columns)
                file.write(",".join(fields) + "\r\n")
        return self._write_pages(archive)

    def _list(self) -> Iterator[ChoiceRecord]:
        for ref in self._refs:
            after = 0
            while records := list_records_after(ref=ref, after=after, limit=_CHUNK):
                yield from records
                after = records[-1].version
                self._progress()

    def _write_receipts(self, archive: Archive, at: datetime) -> None:
        checkpoint = ledger.get_checkpoint()
        if checkpoint is None or not self._refs:
            return
        wanted = Selection(subject_refs=frozenset(self._refs), stream=Stream.CONSENT)
        indexes = ledger.list_indexes(wanted, below=checkpoint.size, limit=_MOST_ENTRIES)[-MAX_RECEIPTS:]
        writer = ReceiptWriter.open(at=at)
        for start in range(0, len(indexes), _CHUNK):
            self._write_chunk(archive, writer, checkpoint, indexes[start : start + _CHUNK])
            self._progress()

    def _write_chunk(
        self, archive: Archive, writer: ReceiptWriter, checkpoint: StoredCheckpoint, indexes: Sequence[int]
    ) -> None:
        proofs = ledger.get_proofs(indexes, checkpoint)
        for entry in ledger.list_entries(indexes):
            try:
                receipt = writer.write(entry, proofs[entry.index])
            except (NotAChoice, NoPolicyRecorded):
                continue
            archive.add(receipt_name(entry.event_id), receipt)
            self._receipts.add(entry.event_id)

    def _as_values(self, record: ChoiceRecord) -> dict[str, Any]:
        has_receipt = record.record_id in self._receipts
        return {
            "effective_at": record.effective_at.isoformat(),
            "purpose": record.purpose,
            "choice": record.choice.value,
            "controller": record.controller,
            "destination": record.destination,
            "notice": record.notice,
            "notice_version": record.notice_version,
            "expires_at": record.expires_at.isoformat() if record.expires_at else None,
            "recorded_at": record.recorded_at.isoformat(),
            "record_id": record.record_id,
            "receipt": receipt_name(record.record_id) if has_receipt else None,
        }

    def _write_pages(self, archive: Archive) -> str:
        words, about = self._words, [self._words.say("choices.about")]
        if len(self._receipts) >= MAX_RECEIPTS:
            about.append(words.say("choices.limited", count=MAX_RECEIPTS))
        table = PagedTable(
            archive,
            words,
            stem="choices",
            title=words.say("choices.title"),
            columns=[words.say(f"choices.{head}") for head in _HEADS],
            about=" ".join(about) if self.count else words.say("choices.none"),
        )
        for record in self._list():
            table.add(self._as_cells(record))
        table.close()
        if not table.pages:
            page = render("rows", words, title=words.say("choices.title"), about=words.say("choices.none"))
            archive.add("pages/choices-0001.html", page.encode())
        return "pages/choices-0001.html"

    def _as_cells(self, record: ChoiceRecord) -> str:
        words, policy = self._words, self._policy
        is_all = record.purpose == ANY_PURPOSE
        notice = policy.notice(record.notice) if record.notice else ""
        if record.notice_version:
            notice = f"{notice}, {words.say('choices.version', number=record.notice_version)}"
        told = (
            moment(record.effective_at),
            words.say("choices.all_purposes") if is_all else policy.purpose(record.purpose),
            words.name("choice", record.choice.value),
            policy.controller(record.controller) if record.controller else words.say("choices.everyone"),
            policy.destination(record.destination) if record.destination else "",
            notice,
            moment(record.expires_at),
            moment(record.recorded_at),
        )
        cells = "".join(map(cell, told))
        if record.record_id not in self._receipts:
            return cells + cell("")
        return cells + link_cell(words.say("choices.receipt"), f"../{receipt_name(record.record_id)}")


def write_known(archive: Archive, refs: Sequence[SubjectRef], words: Words) -> None:
    """Write how the register knows the person: identifiers, facts, and the signals that came about them.

    :raises SubjectStateUnreadable: if any of them does not open.
    """
    identifiers = [one for known in list_identifiers(refs).values() for one in known]
    facts = [fact for told in list_facts(refs).values() for fact in told]
    signals = list_sent_signals(refs=refs)
    content = {
        "identifiers": [
            {"kind": one.kind.value, "value": one.value, "verified": one.verified} for one in identifiers
        ],
        "facts": [
            {
                "name": fact.name.value,
                "value": fact.value,
                "controller": fact.controller,
                "since": fact.effective_at.isoformat(),
                "until": fact.until.isoformat() if fact.until else None,
            }
            for fact in facts
        ],
        "signals": [_signal_as_values(signal, text) for signal, text in signals],
    }
    archive.add("json/known.json", json.dumps(content, ensure_ascii=False, indent=1).encode())
    page = render(
        "known",
        words,
        title=words.say("known.title"),
        known=words.section("known"),
        identifiers=[_show_identifier(one, words) for one in identifiers],
        facts=[_show_fact(fact, words) for fact in facts],
        signals=[_show_signal(signal, text, words) for signal, text in signals],
    )
    archive.add("pages/known.html", page.encode())


def _show_identifier(one: KnownIdentifier, words: Words) -> dict[str, str]:
    return {
        "kind": words.name("identifier", one.kind.value),
        "value": visible(one.value),
        "verified": words.say("page.yes" if one.verified else "page.no"),
    }


def _show_fact(fact: Fact, words: Words) -> dict[str, str]:
    is_answer = fact.value in {"yes", "no"}
    return {
        "name": words.name("fact", fact.name.value),
        "value": words.say(f"page.{fact.value}") if is_answer else visible(fact.value),
        "since": moment(fact.effective_at),
        "until": moment(fact.until),
    }


def _signal_as_values(signal: SignalOnRecord, text: str) -> dict[str, Any]:
    return {
        "kind": signal.kind.value,
        "text": text,
        "controller": signal.controller,
        "effective_at": signal.effective_at.isoformat(),
        "recorded_at": signal.recorded_at.isoformat(),
        "event_id": signal.event_id,
        "conflicts": [asdict(one) for one in signal.conflicts],
    }


def _show_signal(signal: SignalOnRecord, text: str, words: Words) -> dict[str, str]:
    return {
        "kind": words.name("signal", signal.kind.value),
        "text": visible(text),
        "made": moment(signal.effective_at),
    }
