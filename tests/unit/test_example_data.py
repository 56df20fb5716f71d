"""The example data of test keys: a policy without faults, and people whose answers never change."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from activation.checks.example.data import POLICY_FILE, example_snapshot, read_policy
from activation.checks.example.people import ExamplePerson, list_people
from activation.decisions.engine import decide
from activation.decisions.reasons import ALLOWING, Effect, Reason
from activation.decisions.types import Decision, Question
from consent.kernel import canonical
from consent.policies.document.sealing import seal
from consent.policies.document.validation import validate
from consent.subjects.types import Identifier, IdentifierKind
from tests.architecture.source import ROOT

PAGE = ROOT / "docs/how-to/manage-api-clients.md"
TIMES = [datetime(2026, 12, 1, tzinfo=UTC) + timedelta(days=365 * years) for years in (0, 1, 5, 10)]
PEOPLE = list_people()


def ask(identifier: Identifier, *, purpose: str, destination: str, at: datetime = TIMES[0]) -> Decision:
    data = example_snapshot(at)
    question = Question(purpose=purpose, destination=destination, controller=data.only_controller())
    return decide(data.policy, data.register, data.load_state(identifier), question, at)


def test_the_policy_has_no_faults_and_is_sealed_as_a_published_one() -> None:
    document, published = canonical.loads(POLICY_FILE.read_bytes()), read_policy()

    assert validate(document) == []
    assert seal(document) == (published.canonical, published.digest)
    assert example_snapshot(TIMES[0]).policy.intact


@pytest.mark.parametrize("at", TIMES, ids=str)
@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.slug)
def test_everybody_is_answered_as_their_entry_says_for_years(person: ExamplePerson, at: datetime) -> None:
    found = ask(
        Identifier(IdentifierKind.USER_ID, person.slug),
        purpose=person.purpose,
        destination=person.destination,
        at=at,
    )

    assert found.reason is person.reason
    assert (found.effect is Effect.ALLOW) is (person.reason in ALLOWING)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.slug)
def test_each_identifier_leads_to_the_same_person(person: ExamplePerson) -> None:
    digest = sha256(person.email.encode()).hexdigest()
    identifiers = [
        Identifier(IdentifierKind.USER_ID, person.slug),
        Identifier(IdentifierKind.CUSTOMER_ID, person.slug),
        Identifier(IdentifierKind.EMAIL, person.email.upper()),
        Identifier(IdentifierKind.EMAIL_SHA256, digest),
    ]
    data = example_snapshot(TIMES[0])

    assert len({data.load_state(one) for one in identifiers}) == 1
    assert data.load_states([identifiers, identifiers[2:3]]) == [data.load_state(identifiers[0])] * 2


def test_whoever_is_not_in_it_is_unknown() -> None:
    nobody = Identifier(IdentifierKind.USER_ID, "zoe-nobody")

    found = ask(nobody, purpose="marketing.email", destination="example_mailer")

    assert found.reason is Reason.SUBJECT_UNKNOWN


def test_what_the_policy_does_not_let_anybody_do_is_there_too() -> None:
    ada = Identifier(IdentifierKind.USER_ID, "ada-granted")

    reasons = {
        ask(ada, purpose=purpose, destination=destination).reason
        for purpose, destination in (
            ("marketing.email", "example_paused"),
            ("marketing.email", "example_ads"),
            ("marketing.email", "nobody"),
            ("marketing.telepathy", "example_mailer"),
        )
    }

    assert reasons == {
        Reason.DESTINATION_SUSPENDED,
        Reason.DESTINATION_NOT_PERMITTED,
        Reason.DESTINATION_UNKNOWN,
        Reason.PURPOSE_UNKNOWN,
    }


def test_an_allow_carries_an_obligation() -> None:
    ada = Identifier(IdentifierKind.USER_ID, "ada-granted")

    assert ask(ada, purpose="marketing.email", destination="example_mailer").obligations


def test_the_page_lists_everybody() -> None:
    rows = [
        f"| `{person.slug}` | {person.story} | `{person.purpose}` | `{person.destination}` |"
        f" {'allow' if person.reason in ALLOWING else 'deny'} | `{person.reason}` |"
        for person in PEOPLE
    ]
    table = [line for line in Path(PAGE).read_text(encoding="utf-8").splitlines() if line.startswith("| `")]

    assert [line for line in table if line.count("|") == 7 and "example_" in line] == rows
