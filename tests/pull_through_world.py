"""A shop whose audience is held by a destination, and all that can happen to its two customers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from activation.decisions.engine import decide
from activation.decisions.types import Decision, Question
from activation.enforcement.canaries.inquiries import lift_suspensions
from activation.enforcement.membership import services as membership
from activation.enforcement.membership.models import Holding, Page
from activation.enforcement.membership.queries import read_members
from activation.enforcement.membership.sealing import open_member
from activation.enforcement.membership.types import Member
from activation.enforcement.membership.world import world_digest
from activation.enforcement.strings.lacking import name_reading
from activation.enforcement.suppression.finding import judging, services
from activation.enforcement.suppression.models import Suppression
from activation.enforcement.suppression.types import SuppressionState
from activation.snapshots.queries import open_snapshot
from consent.kernel.errors import AccordantError
from consent.ledger.queries import get_time
from consent.ledger.services import sequence_pending
from consent.policies.queries import get_policy_in_force
from consent.records.rules.rows import read_row
from consent.records.rules.vocabulary import read_vocabulary
from consent.records.services import record_rows
from consent.records.types import NewRow
from consent.subjects.queries import find_subjects, list_groups_asking
from consent.subjects.services import erase_subject, link_by_officer, unlink_subjects
from consent.subjects.types import Identifier, IdentifierKind, SubjectRef
from tests.enforcement_world import POLICY, publish_policy, register_ads
from tests.policy_officers import make_officer

ALICE, BOB = "00001", "00002"
RESIDENCES = {ALICE: "DE", BOB: "GB"}
ASKED = Question(purpose="advertising.audience", destination="ads", controller="shop")
AUDIENCE = "customers"
VALID_FOR, LATER = timedelta(days=30), timedelta(days=40)
TIGHT = POLICY.replace(
    "transfer_countries: [US]\n    obligations: {drop", "transfer_countries: [GB]\n    obligations: {drop"
)
"""Who lives in Britain may not be sent abroad any more."""
LONG = timedelta(minutes=5)
"""A budget that ends no sweep of the tests."""


class Clock:
    """The database's clock, as far as suppressions see it; it can be moved."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        """Return the time."""
        return get_time() + self.offset

    def pass_time(self, delay: timedelta = LATER) -> None:
        """Let time pass: pages become due as they would."""
        self.offset += delay
        Page.objects.filter(due_at__isnull=False).update(due_at=F("due_at") - delay)


@contextmanager
def movable_clock() -> Iterator[Clock]:
    """Give a clock that suppressions are found by."""
    clock = Clock()
    with patch.object(judging, "get_time", clock.now):
        yield clock


def make_shop() -> None:
    """Put the policy in force, and register its destination."""
    publish_policy()
    register_ads()


def name(customer: str) -> list[Identifier]:
    """Return what the customer is called."""
    return [
        Identifier(IdentifierKind.CUSTOMER_ID, customer),
        Identifier(IdentifierKind.EMAIL, f"c{int(customer)}@customers.example"),
    ]


def find_ref(customer: str) -> SubjectRef | None:
    """Return the subject that the customer's number leads to."""
    [found] = find_subjects([name(customer)[:1]])
    return min(found, default=None)


def ref_of(customer: str) -> SubjectRef:
    """Return the subject that the customer's number leads to, which there is."""
    ref = find_ref(customer)
    assert ref is not None
    return ref


def say(
    customer: str,
    *choices: str,
    valid_until: datetime | None = None,
    at: datetime | None = None,
    **facts: str,
) -> None:
    """Record what a customer chose just now, and facts about them."""
    now = timezone.now()
    effective_at = (at or now).isoformat()
    policy = get_policy_in_force(at=now)
    assert policy is not None
    row = read_row(
        {
            "identifiers": [{"kind": one.kind.value, "value": one.value} for one in name(customer)],
            "choices": [_choice(choice, effective_at, valid_until) for choice in choices],
            "facts": [
                {"name": name, "value": value, "effective_at": effective_at}
                for name, value in {"residence": RESIDENCES.get(customer, "DE"), **facts}.items()
            ],
        },
        vocabulary=read_vocabulary(policy.canonical),
        at=now,
    )
    assert isinstance(row, NewRow), row
    record_rows(rows=[row], source="test", at=now)


def _choice(choice: str, effective_at: str, valid_until: datetime | None) -> dict[str, Any]:
    is_yes = choice == "granted"
    return {
        "purpose": "advertising.audience",
        "choice": choice,
        "controller": "shop",
        "effective_at": effective_at,
        **({"expires_at": valid_until.isoformat()} if is_yes and valid_until else {}),
        "notice": "privacy",
        "notice_version": 1,
        "method": "checkbox",
        "form": "account",
    }


def grant(customer: str, clock: Clock | None = None) -> None:
    """Let the customer say yes, for thirty days if there is a clock to pass them."""
    say(customer, "granted", valid_until=clock.now() + VALID_FOR if clock else None)


def erase(customer: str) -> None:
    """Erase the customer, if there is one."""
    _if_possible(
        lambda: erase_subject(ref=ref_of(customer), requested_by="request 1", at=timezone.now()), customer
    )


def link() -> None:
    """Let an officer find that both customers are one person, if it can be."""
    _if_possible(
        lambda: link_by_officer(
            left=ref_of(ALICE),
            right=ref_of(BOB),
            officer=make_officer("officer").pk,
            reason="one person",
            at=timezone.now(),
        ),
        ALICE,
        BOB,
    )


def unlink() -> None:
    """Let an officer undo that, if it was found."""
    _if_possible(
        lambda: unlink_subjects(
            left=ref_of(ALICE),
            right=ref_of(BOB),
            officer=make_officer("officer").pk,
            reason="two people",
            at=timezone.now(),
        ),
        ALICE,
        BOB,
    )


def _if_possible(act: Callable[[], object], *customers: str) -> None:
    if all(find_ref(one) for one in customers):
        try:
            act()
        except AccordantError:
            return


def change_policy(text: str) -> None:
    """Put another version in force."""
    publish_policy(text, version=2)


def decide_now(refs: list[SubjectRef], *, at: datetime) -> dict[str, Decision]:
    """Return what the engine says of each of `refs`, suspensions lifted: apart from what is tested."""
    with open_snapshot(at=at) as snapshot:
        states = snapshot.load_states_of(list_groups_asking([frozenset({ref}) for ref in refs]))
        register = lift_suspensions(snapshot.register)
        return {
            ref: decide(snapshot.policy, register, state, ASKED, at)
            for ref, state in zip(refs, states, strict=True)
        }


def run(*customers: str, at: datetime | None = None) -> None:
    """Send those of the customers who may be sent, as a run does."""
    at = at or get_time()
    refs = {ref: one for one in customers or (ALICE, BOB) if (ref := find_ref(one))}
    decisions = decide_now(list(refs), at=at)
    hold(
        *(
            Member(ref=ref, identifiers=_told(refs[SubjectRef(ref)]), ends_at=decision.valid_until)
            for ref, decision in decisions.items()
            if decision.allowed
        ),
        at=at,
    )


def hold(*members: Member, at: datetime | None = None, audience: str = AUDIENCE) -> None:
    """Let the destination hold these, by the rules of `at`."""
    with open_snapshot(at=at or get_time()) as snapshot:
        reading = name_reading(snapshot.policy, snapshot.register)
        world = world_digest(snapshot.policy, snapshot.register, reading)
    membership.add_members(
        destination=ASKED.destination,
        audience=audience,
        purpose=ASKED.purpose,
        controller=ASKED.controller,
        members=members,
        world=world,
    )


def member(customer: str, ends_at: datetime | None = None) -> Member:
    """Return the customer as a destination holds them."""
    return Member(ref=ref_of(customer), identifiers=_told(customer), ends_at=ends_at)


def _told(customer: str) -> dict[IdentifierKind, tuple[str, ...]]:
    return {one.kind: (one.value,) for one in name(customer)}


def pull_through() -> None:
    """Give everything its place in the ledger, follow it to its end, and decide what is due."""
    sequence_pending()
    while not services.follow_feed():
        pass
    assert services.sweep_pages(budget=LONG)


def deliver() -> None:
    """Let the destination take out everybody who is to be, as the delivery of parcels does."""
    for row in Suppression.objects.filter(state=SuppressionState.WAITING).order_by("pk"):
        whom = open_member(row.holding, bytes(row.sealed))
        membership.forget(holding_id=row.holding_id, gone=[whom.name])
        Suppression.objects.filter(pk=row.pk).update(
            state=SuppressionState.ACKNOWLEDGED, sealed=b"", ended_at=Now()
        )


def list_held_refs() -> list[SubjectRef]:
    """Return whom the destination holds."""
    holdings = Holding.objects.order_by("pk").values_list("pk", flat=True)
    return [SubjectRef(one.ref) for holding in holdings for one in read_members(holding)]


def list_waiting() -> list[tuple[str, str, str]]:
    """Return who waits to be taken out, with cause and reason, in order."""
    rows = Suppression.objects.filter(state=SuppressionState.WAITING).order_by("pk")
    return list(rows.values_list("subject_ref", "cause", "reason"))
