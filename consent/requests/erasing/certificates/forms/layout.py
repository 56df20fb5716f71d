"""A certificate as its readable forms lay it out: the same words in HTML and PDF. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from consent.verifier.certificates.document import (
    ErasureCertificate,
    RecipientStatement,
    StepStatement,
    SystemStatement,
)
from consent.verifier.certificates.signing import SignedFile

Row = tuple[str, ...]
_OUTCOMES = {"fulfilled": "Erased", "partly_fulfilled": "Erased in part: what was kept, and why, is listed"}
_STATES = {
    "done": "done",
    "partly_done": "done in part",
    "skipped": "not done: an officer went on without it",
}
_HOW_FAR = {
    "acknowledged": "acknowledged",
    "by_hand": "acknowledged; an officer says so",
    "parked": "not acknowledged: it was tried and did not succeed",
    "not_yet": "not yet acknowledged",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one system reported."""

    title: str
    facts: tuple[Row, ...]
    rows: tuple[Row, ...]
    """Dataset, step, found, done, kept, why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All that a reader sees."""

    title: str
    subtitle: str
    facts: tuple[Row, ...]
    sections: tuple[Section, ...]
    recipients: tuple[Row, ...]
    holds: tuple[Row, ...]
    ledger: tuple[Row, ...]
    limits: tuple[str, ...]
    signature: tuple[Row, ...]


def lay_out(signed: SignedFile) -> Page:
    """Return the certificate's page."""
    found = signed.certificate
    return Page(
        title="Certificate of erasure",
        subtitle=f"Request {found.reference}",
        facts=(
            ("Request", found.reference),
            ("Controller", found.controller),
            ("Law of", found.jurisdiction or "not stated"),
            ("Received", _day(found.received_at)),
            ("Approved by a second person, and begun", _day(found.approved_at)),
            ("Issued", _day(found.issued_at)),
            ("Outcome", _OUTCOMES.get(found.outcome, found.outcome)),
            ("Telling recipients", _STATES.get(found.recipients_state, found.recipients_state)),
            ("No backup holds it after", found.no_backup_after or "not known of every system"),
        ),
        sections=tuple(_section(one) for one in found.systems),
        recipients=tuple(_recipient(one) for one in found.recipients),
        holds=tuple((one.reference, one.ground, _where(one.system, one.dataset)) for one in found.holds),
        ledger=_ledger(found),
        limits=found.limits,
        signature=(
            ("Key", signed.key_name),
            ("Signature (Ed25519)", signed.signature),
            ("Digest", signed.digest),
        ),
    )


def _section(system: SystemStatement) -> Section:
    again = system.asked_again
    facts: list[Row] = [("Erasing", _state(system.erased))]
    facts += [("Asking again", "not asked again" if again is None else _state(again))]
    facts += [("No backup holds it after", system.backups_gone_by or "not known")]
    rows = [*_rows("erasing", system.erased), *(_rows("asking again", again) if again else ())]
    return Section(title=system.title, facts=tuple(facts), rows=tuple(rows))


def _state(step: StepStatement) -> str:
    told = f"{_STATES.get(step.state, step.state)}, {_day(step.ended_at)}"
    if step.by_officer and step.state != "skipped":
        told += "; an officer says so"
    return f"{told}: {step.reason}" if step.reason else told


def _rows(name: str, step: StepStatement) -> Iterable[Row]:
    for one in step.datasets:
        yield one.dataset, name, str(one.found), str(one.done), str(one.kept), one.ground or "-"


def _recipient(one: RecipientStatement) -> Row:
    counts = (str(one.told), str(one.acknowledged))
    return one.recipient, *counts, _HOW_FAR.get(one.state, one.state)


def _ledger(found: ErasureCertificate) -> tuple[Row, ...]:
    ledger = found.ledger
    rows: Sequence[Row] = (
        ("Pseudonyms on record", str(ledger.subjects)),
        ("Keys destroyed for", str(ledger.keys_destroyed)),
        ("Keys kept for", f"{ledger.keys_kept} ({ledger.ground})" if ledger.keys_kept else "0"),
        ("Ledger", f"{ledger.origin}, {ledger.size} entries" if ledger.size else "not signed yet"),
        ("Root", ledger.root or "-"),
    )
    return tuple(rows)


def _where(system: str | None, dataset: str | None) -> str:
    return ", ".join(one for one in (system, dataset) if one) or "everywhere"


def _day(moment: str) -> str:
    """Return the day of a time: `2026-03-05`, in UTC."""
    return moment[:10]
