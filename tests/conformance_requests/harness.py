"""What a kind of system has to offer so that the suite can try it. One harness a kind; see `kinds`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from enum import StrEnum
from typing import Any

from consent.requests.connectors.interface import Connector, DeclaredDataset, DeclaredField, DeclaredReference
from consent.requests.types import OnErasure, Person, StepAction
from consent.subjects.types import IdentifierKind

Row = dict[str, Any]
CUSTOMERS, ORDERS = "customers", "orders"
KEY = "7d0f7e1c-6f53-4b8c-9df1-0f4f6f0d3f5e"
ALICE = Person(
    identifiers={
        IdentifierKind.CUSTOMER_ID: ("C-1",),
        IdentifierKind.EMAIL: ("alice@planted.example.org",),
        IdentifierKind.PHONE: ("+493012345678",),
    }
)
BOB = Person(identifiers={IdentifierKind.CUSTOMER_ID: ("C-2",)})
NOBODY = Person(identifiers={IdentifierKind.EMAIL: ("nobody@planted.example.org",)})
PLANTED = ("alice@planted", "Planted-Name", "planted-password", "C-1", "3012345678")
"""Nothing that a connector says holds one of these."""
PEOPLE: Sequence[Row] = (
    {
        "customer_id": "C-1",
        "email": "Alice@Planted.example.org",
        "phone": "+49 30 12345678",
        "name": "Planted-Name",
    },
    {"customer_id": "C-2", "email": "bob@planted.example.org", "phone": None, "name": "Bob"},
)
BOUGHT: Sequence[Row] = (
    {"id": "1", "customer": "C-1", "note": "a kettle"},
    {"id": "2", "customer": "C-1", "note": "a lamp"},
    {"id": "3", "customer": "C-2", "note": "a chair"},
)


class Fault(StrEnum):
    """What may be wrong with a system."""

    HANGS = "hangs"
    UNREACHABLE = "unreachable"
    UNAUTHORISED = "unauthorised"


class Harness(ABC):
    """A system of one kind, empty and well after `reset`."""

    answers: frozenset[StepAction] = frozenset(
        {StepAction.COLLECT, StepAction.RECTIFY, StepAction.ERASE, StepAction.VERIFY_GONE}
    )
    """What it answers at once. The rest is answered later (WAITING), or not by this kind."""
    faults: frozenset[Fault] = frozenset(Fault)
    follows_references = True
    """Whether it knows of `orders` by their `customer` alone."""
    shows = True
    """Whether `find` shows the rows."""

    @abstractmethod
    def reset(self) -> None:
        """Empty the system, and end every fault."""

    @abstractmethod
    def put(self, dataset: str, rows: Sequence[Row]) -> None:
        """Have the system hold these rows, too."""

    @abstractmethod
    def held(self, dataset: str) -> list[Row]:
        """Return what the system holds, in the order of its keys."""

    @abstractmethod
    def open(self, **changes: Mapping[str, Any]) -> Connector:
        """Return a new connector. `changes`: of a dataset's declaration, by its name."""

    @abstractmethod
    def broken(self, fault: Fault) -> AbstractContextManager[None]:
        """Break the system for the length of the block."""

    @abstractmethod
    def lies(self) -> AbstractContextManager[None]:
        """Have the system say that it erased, and erase nothing."""

    def fill(self) -> None:
        """Have the system hold two people and what they bought."""
        self.put(CUSTOMERS, PEOPLE)
        self.put(ORDERS, BOUGHT)


def declare(**changes: Mapping[str, Any]) -> tuple[DeclaredDataset, ...]:
    """Return the two datasets as every harness declares them, changed as is said."""
    customers = DeclaredDataset(
        name=CUSTOMERS,
        fields=(
            DeclaredField(
                name="customer_id", category="user.unique_id", identifier_kind=IdentifierKind.CUSTOMER_ID
            ),
            DeclaredField(name="email", category="user.contact.email", identifier_kind=IdentifierKind.EMAIL),
            DeclaredField(
                name="phone", category="user.contact.phone_number", identifier_kind=IdentifierKind.PHONE
            ),
            DeclaredField(name="name", category="user.name"),
        ),
        key_fields=("customer_id",),
        on_erasure=OnErasure.DELETE,
    )
    orders = DeclaredDataset(
        name=ORDERS,
        fields=(
            DeclaredField(name="id", category="system.operations"),
            DeclaredField(name="customer", category="user.unique_id"),
            DeclaredField(name="note", category="user.content"),
        ),
        references=(DeclaredReference(field="customer", to_dataset=CUSTOMERS, to_field="customer_id"),),
        key_fields=("id",),
    )
    return tuple(replace(one, **changes.get(one.name, {})) for one in (customers, orders))
