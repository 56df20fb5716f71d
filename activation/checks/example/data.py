"""The example data as a decision needs it, in place of a snapshot of the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from activation.checks.example.people import CONTROLLER, ExamplePerson, list_people
from activation.decisions.compiled import CompiledPolicy
from activation.decisions.compiler import compile_policy
from activation.decisions.register import Register, RegisteredDestination, Suspension
from activation.decisions.types import SubjectState
from consent.kernel import canonical
from consent.policies.types import PublishedPolicy
from consent.subjects.rules import normalise
from consent.subjects.types import Identifier, IdentifierKind

POLICY_FILE = Path(__file__).with_name("policy.json")
IN_FORCE_FROM = datetime(2020, 1, 1, tzinfo=UTC)
SUSPENDED_AT = datetime(2026, 1, 1, tzinfo=UTC)
WATERMARK = 1000
"""The size of a ledger that there is not: every answer rests on the same."""


@dataclass(frozen=True, slots=True)
class ExampleData:
    """What `activation.snapshots.queries.Snapshot` gives, of nobody real."""

    policy: CompiledPolicy
    register: Register
    watermark: int
    complete_at: datetime

    def only_controller(self) -> str:
        """Return the one controller there is."""
        return CONTROLLER

    def load_state(self, identifier: Identifier) -> SubjectState:
        """Return the state of whom `identifier` leads to; of an unknown person if it leads to none.

        :raises MalformedIdentifier: if it cannot be of its kind.
        """
        normal = normalise(identifier)
        person = _people().get((normal.kind, normal.value))
        state = person.state if person else SubjectState()
        return replace(state, complete_at=self.complete_at, watermark=self.watermark)

    def load_states(self, identifier_sets: Sequence[Sequence[Identifier]]) -> list[SubjectState]:
        """Return the state of each person, in the order asked: of the first that an identifier leads to.

        :raises MalformedIdentifier: if one cannot be of its kind.
        """
        return [self._load_one(identifiers) for identifiers in identifier_sets]

    def _load_one(self, identifiers: Sequence[Identifier]) -> SubjectState:
        states = [self.load_state(identifier) for identifier in identifiers]
        known = [state for state in states if state.asked or not state.available]
        return next(iter(known or states), SubjectState())


def example_snapshot(at: datetime) -> ExampleData:
    """Return the example data as it is always: complete at `at`, so that nothing is ever stale."""
    return ExampleData(_policy(), _register(), WATERMARK, at)


def read_policy() -> PublishedPolicy:
    """Return the example's policy, as if it had been published long ago and for good."""
    text = canonical.dumps(canonical.loads(POLICY_FILE.read_bytes()))
    return PublishedPolicy(
        key="example",
        version=1,
        digest=f"sha256:{sha256(text).hexdigest()}",
        canonical=text,
        in_force_from=IN_FORCE_FROM,
        in_force_until=None,
    )


@cache
def _policy() -> CompiledPolicy:
    return compile_policy(read_policy())


@cache
def _register() -> Register:
    paused = (Suspension(SUSPENDED_AT),)
    return {
        slug: RegisteredDestination(
            slug, "cx_tool", IN_FORCE_FROM, paused if slug == "example_paused" else ()
        )
        for slug in _policy().destinations
    }


@cache
def _people() -> Mapping[tuple[IdentifierKind, str], ExamplePerson]:
    """Return everybody by each of their identifiers."""
    found = {}
    for person in list_people():
        found[IdentifierKind.USER_ID, person.slug] = person
        found[IdentifierKind.CUSTOMER_ID, person.slug] = person
        found[IdentifierKind.EMAIL, person.email] = person
        found[IdentifierKind.EMAIL_SHA256, sha256(person.email.encode()).hexdigest()] = person
    return found
