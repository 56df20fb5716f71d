"""Runs whose destination is connected to a recipient of the tests', and what happens while they last."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.utils import timezone

from activation.destinations.kinds.interface import Delivery, Progress, Receipt, Removal
from activation.destinations.services import suspend_destination
from activation.enforcement import delivering, drafting, lifecycle, services
from activation.enforcement.types import RunResult
from consent.ledger.services import sequence_pending
from consent.subjects.queries import find_subjects
from consent.subjects.services import erase_subject
from consent.subjects.types import Identifier, IdentifierKind, SubjectRef
from tests.deaths.recipient import FakeRecipient
from tests.enforcement_world import GERMAN, record_choices, run

Change = Callable[[], object]


class Recipient(FakeRecipient):
    """Keeps what it is told, and does `meanwhile` in the middle of a delivery."""

    def __init__(self, folder: Path, meanwhile: Change = lambda: None) -> None:
        super().__init__(folder)
        self.meanwhile = meanwhile
        self.calls: list[str] = []
        self.removed: list[dict[str, Any]] = []

    def prepare(self, delivery: Delivery) -> None:
        self.calls.append("prepare")
        super().prepare(delivery)

    def deliver(self, delivery: Delivery, progress: Progress) -> Receipt:
        self.calls.append("deliver")
        self.meanwhile()
        return super().deliver(delivery, progress)

    def remove(self, removal: Removal) -> Receipt:
        self.calls.append("remove")
        self.removed += [row for batch in removal.batches() for row in batch.to_pylist()]
        return super().remove(removal)

    def list_customers(self) -> list[str]:
        """Return whom it has."""
        return sorted(row["customer_id"] for row in self.list_taken("out") or [])


@contextmanager
def connected(recipient: object) -> Iterator[None]:
    """Let the destination be connected to `recipient`."""
    with patch.object(delivering, "open_connector", lambda _: recipient):
        yield


def once(change: Change) -> Change:
    """Return `change`, done at the first call only, and in the ledger at once."""
    done: list[object] = []

    def change_once() -> None:
        if not done:
            done.append(None)
            change()
            sequence_pending()

    return change_once


@contextmanager
def _before(module: Any, name: str, change: Change) -> Iterator[None]:
    original = getattr(module, name)

    def changed(*arguments: Any, **options: Any) -> Any:
        change()
        return original(*arguments, **options)

    with patch.object(module, name, changed):
        yield


STAGES = {
    "between deciding and writing": (drafting, "write_allowed"),
    "after the draft": (services, "state_manifest"),
    "after the delivery": (lifecycle, "note_receipt"),
}
FIRST_READING, DELIVERY = "during the first reading", "during the delivery"
BEFORE = [FIRST_READING, "between deciding and writing", "after the draft"]
AFTER = [DELIVERY, "after the delivery"]


def run_while(folder: Path, stage: str, change: Change, recipient: Recipient | None = None) -> RunResult:
    """Enforce the audience in `folder` while `change` happens, once, at `stage`."""
    change = once(change)
    sequence_pending()
    with connected(recipient):
        if stage == FIRST_READING:
            return run(folder, progress=lambda _: change())
        if stage == DELIVERY:
            assert recipient
            recipient.meanwhile = change
            return run(folder)
        module, name = STAGES[stage]
        with _before(module, name, change):
            return run(folder)


def withdraw(customer: str = GERMAN, residence: str = "DE") -> None:
    """Record that the customer withdrew."""
    record_choices(customer, residence, "granted", "withdrawn")


def erase(customer: str = GERMAN) -> None:
    """Erase the customer."""
    erase_subject(ref=ref_of(customer), requested_by="request 1", at=timezone.now())


def suspend() -> None:
    """Suspend the destination."""
    suspend_destination(slug="ads", reason="contract ended", changed_by="officer", at=timezone.now())


def ref_of(customer: str) -> SubjectRef:
    """Return the subject that the customer's number leads to."""
    [[ref]] = find_subjects([[Identifier(IdentifierKind.CUSTOMER_ID, customer)]])
    return ref
