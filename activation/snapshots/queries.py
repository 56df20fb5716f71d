"""One consistent view of everything a decision needs, read from PostgreSQL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from django.db import connection, transaction

from activation.decisions.compiled import NO_POLICY, CompiledPolicy
from activation.decisions.compiler import compile_policy
from activation.decisions.register import Register
from activation.decisions.types import Member, SubjectState
from activation.destinations.queries import get_register
from consent.kernel.errors import AccordantError
from consent.ledger import queries as ledger
from consent.policies.queries import get_policy_in_force
from consent.policies.types import PublishedPolicy
from consent.records.queries import list_records
from consent.subjects.queries import list_facts, list_groups
from consent.subjects.types import Identifier, KnownSubject, SubjectGroup


class ControllerMissing(AccordantError):
    """The policy has several controllers, and the question names none."""

    code = "controller_missing"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The policy, the register and the ledger's size at one moment, and the people as they were then."""

    policy: CompiledPolicy
    register: Register
    watermark: int
    complete_at: datetime
    """The database's clock when the snapshot was taken: all that was recorded until then is in it."""

    def only_controller(self) -> str:
        """Return the policy's controller, if it has just one; an empty name if it has none at all.

        :raises ControllerMissing: if it has several.
        """
        slugs = sorted(self.policy.establishments)
        if len(slugs) > 1:
            raise ControllerMissing(f"name the controller: one of {', '.join(slugs)}")
        return slugs[0] if slugs else ""

    def load_states(self, identifier_sets: Sequence[Sequence[Identifier]]) -> list[SubjectState]:
        """Return the state of each person, in the order asked. Seven statements, however many they are.

        :raises MalformedIdentifier: if an identifier cannot be one of its kind.
        :raises SubjectStateUnreadable: if sealed facts do not open: nothing may be decided without them.
        """
        return self.load_states_of(list_groups(identifier_sets))

    def load_states_of(self, groups: Sequence[SubjectGroup]) -> list[SubjectState]:
        """Return the state of each group, asked about as the group says. Four statements.

        :raises SubjectStateUnreadable: if sealed facts do not open: nothing may be decided without them.
        """
        states = load_states(groups)
        return [replace(one, complete_at=self.complete_at, watermark=self.watermark) for one in states]


def load_states(groups: Sequence[SubjectGroup]) -> list[SubjectState]:
    """Return the state of each group; how fresh it is, the caller knows. Four statements.

    :raises SubjectStateUnreadable: if sealed facts do not open: nothing may be decided without them.
    """
    refs = {subject.ref for group in groups for subject in group.members}
    records, facts = list_records(refs=refs), list_facts(refs)

    def member_of(subject: KnownSubject) -> Member:
        return Member(
            subject_ref=subject.ref,
            version=subject.version,
            choices=records.get(subject.ref, ()),
            facts=facts.get(subject.ref, ()),
            erased_at=subject.erased_at,
        )

    return [
        SubjectState(
            asked=frozenset(group.asked),
            members=tuple(map(member_of, group.members)),
            links=group.links,
        )
        for group in groups
    ]


@contextmanager
def consistent_view() -> Iterator[None]:
    """Let everything read meanwhile be of one moment. Inside a transaction of the caller's: as that reads."""
    is_own = not connection.in_atomic_block
    with transaction.atomic():
        if is_own:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


@contextmanager
def open_snapshot(*, at: datetime) -> Iterator[Snapshot]:
    """Give one consistent, read-only view; the policy in it is the one in force at `at`.

    Inside a transaction of the caller's, the view is that transaction's.
    """
    with consistent_view():
        published = get_policy_in_force(at=at)
        yield Snapshot(
            policy=_compiled(published) if published else NO_POLICY,
            register=get_register(),
            watermark=ledger.get_size(),
            complete_at=ledger.get_time(),
        )


@lru_cache(maxsize=8)
def _compiled(published: PublishedPolicy) -> CompiledPolicy:
    return compile_policy(published)
