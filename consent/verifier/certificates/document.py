"""What a certificate of erasure says, and the one way in which it is written: canonical JSON (RFC 8785).

It names nobody: counts, systems, dates, and the request's reference, which is random.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from consent.kernel.errors import AccordantError
from consent.verifier.envelopes import has_types

SCHEMA = "accordant/certificate/1"
LIMITS = (
    (
        "This is a statement of what systems reported, or officers where it says so, and of what asking again"
        " found. It is no proof that there is no copy anywhere."
    ),
    (
        "Backups are not erased one by one. They hold what was erased until they are overwritten: by the day"
        " stated, where one is stated."
    ),
    (
        "How far telling recipients came, and what they acknowledged, is listed; whether they erased it, only"
        " they can say."
    ),
    (
        "What was sealed beside the ledger cannot be read any more where its keys were destroyed. The"
        " ledger's hashes stay, so that what was proved before stays proved."
    ),
    (
        "A tombstone stays: a keyed hash of each identifier that was on record. It keeps imports from"
        " bringing the person back, and leads to nobody without its key."
    ),
)
"""What every certificate says of itself."""


class MalformedCertificate(AccordantError):
    """The content is not a certificate as this version writes one."""

    code = "malformed_certificate"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetStatement:
    """What one dataset of a system reported."""

    dataset: str
    found: int
    done: int
    """Rows erased or masked."""
    kept: int
    ground: str
    """Why rows were kept: the hold, or the legal ground."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStatement:
    """What one step at a system came to."""

    state: str
    """done, partly_done, skipped (an officer went on without it)."""
    ended_at: str
    datasets: tuple[DatasetStatement, ...]
    by_officer: bool = False
    """Whether it is an officer's word, and not the system's."""
    reason: str = ""
    """Of what was skipped, or done in part, by an officer: why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemStatement:
    """What one system reported, and what it answered when it was asked again."""

    system: str
    title: str
    erased: StepStatement
    asked_again: StepStatement | None
    backups_gone_by: str | None
    """The day from which no backup of it holds what was erased; null: it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientStatement:
    """What one recipient was told, and what it acknowledged."""

    recipient: str
    told: int
    acknowledged: int
    state: str
    """acknowledged, by_hand, parked, not_yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldStatement:
    """A legal hold that stood when the certificate was issued."""

    reference: str
    ground: str
    system: str | None
    dataset: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerStatement:
    """What became of what is sealed beside the ledger, and how far the ledger was."""

    subjects: int
    keys_destroyed: int
    keys_kept: int
    ground: str
    origin: str
    size: int
    root: str
    """Of the newest signed checkpoint; empty, and 0, if there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureCertificate:
    """A statement of what became of one request for erasure."""

    reference: str
    controller: str
    jurisdiction: str
    received_at: str
    approved_at: str
    issued_at: str
    outcome: str
    """fulfilled | partly_fulfilled."""
    systems: tuple[SystemStatement, ...]
    recipients_state: str
    recipients: tuple[RecipientStatement, ...]
    holds: tuple[HoldStatement, ...]
    ledger: LedgerStatement
    no_backup_after: str | None
    """The latest of the systems' days; null: of some system it is not known."""
    limits: tuple[str, ...] = LIMITS


def to_document(certificate: ErasureCertificate) -> dict[str, Any]:
    """Return the certificate as an object of JSON."""
    return {"schema": SCHEMA, **_plain(asdict(certificate))}


def from_document(document: Any) -> ErasureCertificate:
    """Return the certificate that `document` is.

    :raises MalformedCertificate: if a field is missing, unknown or of another type.
    """
    found = _take(document, {"schema": _TEXT, **_CERTIFICATE})
    if found.pop("schema") != SCHEMA:
        raise MalformedCertificate(f"its schema is not {SCHEMA}: another version of the tool may read it")
    return ErasureCertificate(
        **{
            **found,
            "systems": tuple(_read_system(one) for one in found["systems"]),
            "recipients": tuple(RecipientStatement(**_take(one, _RECIPIENT)) for one in found["recipients"]),
            "holds": tuple(HoldStatement(**_take(one, _HOLD)) for one in found["holds"]),
            "ledger": LedgerStatement(**_take(found["ledger"], _LEDGER)),
            "limits": _texts(found["limits"]),
        }
    )


_TEXT, _COUNT, _LIST, _OBJECT = (str,), (int,), (list,), (dict,)
_OPTIONAL = (str, type(None))
_DATASET = {"dataset": _TEXT, "found": _COUNT, "done": _COUNT, "kept": _COUNT, "ground": _TEXT}
_STEP = {
    "state": _TEXT,
    "ended_at": _TEXT,
    "datasets": _LIST,
    "by_officer": (bool,),
    "reason": _TEXT,
}
_SYSTEM = {
    "system": _TEXT,
    "title": _TEXT,
    "erased": _OBJECT,
    "asked_again": (dict, type(None)),
    "backups_gone_by": _OPTIONAL,
}
_RECIPIENT = {"recipient": _TEXT, "told": _COUNT, "acknowledged": _COUNT, "state": _TEXT}
_HOLD = {"reference": _TEXT, "ground": _TEXT, "system": _OPTIONAL, "dataset": _OPTIONAL}
_LEDGER = {
    "subjects": _COUNT,
    "keys_destroyed": _COUNT,
    "keys_kept": _COUNT,
    "ground": _TEXT,
    "origin": _TEXT,
    "size": _COUNT,
    "root": _TEXT,
}
_CERTIFICATE: Mapping[str, tuple[type, ...]] = {
    "reference": _TEXT,
    "controller": _TEXT,
    "jurisdiction": _TEXT,
    "received_at": _TEXT,
    "approved_at": _TEXT,
    "issued_at": _TEXT,
    "outcome": _TEXT,
    "systems": _LIST,
    "recipients_state": _TEXT,
    "recipients": _LIST,
    "holds": _LIST,
    "ledger": _OBJECT,
    "no_backup_after": _OPTIONAL,
    "limits": _LIST,
}


def _take(value: Any, expected: Mapping[str, tuple[type, ...]]) -> dict[str, Any]:
    if not has_types(value, expected):
        raise MalformedCertificate("a field is missing, unknown or of another type")
    if any(type(one) is int and one < 0 for one in value.values()):
        raise MalformedCertificate("a count is negative")
    return dict(value)


def _read_system(value: Any) -> SystemStatement:
    found = _take(value, _SYSTEM)
    again = found["asked_again"]
    return SystemStatement(
        **{
            **found,
            "erased": _read_step(found["erased"]),
            "asked_again": None if again is None else _read_step(again),
        }
    )


def _read_step(value: Any) -> StepStatement:
    found = _take(value, _STEP)
    datasets = tuple(DatasetStatement(**_take(one, _DATASET)) for one in found["datasets"])
    return StepStatement(**{**found, "datasets": datasets})


def _texts(values: list[Any]) -> tuple[str, ...]:
    if not all(isinstance(one, str) for one in values):
        raise MalformedCertificate("a limit is no text")
    return tuple(values)


def _plain(value: Any) -> Any:
    """Return `value` with lists for tuples: canonical JSON is written of plain types."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
