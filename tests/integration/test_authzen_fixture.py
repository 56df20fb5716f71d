"""`seed_authzen_fixture`: an ordinary policy and data set that answers as the certification scenario asks."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from activation.checks import queries as checks
from activation.decisions.types import Question
from activation.destinations.queries import get_register
from activation.destinations.services import register_destination
from activation.destinations.types import DestinationKind
from consent.policies.queries import get_policy_in_force, list_versions
from consent.policies.types import PolicyStatus
from consent.records.queries import list_choices
from consent.subjects.queries import count_subjects, find_subjects
from consent.subjects.types import Identifier, IdentifierKind
from tests.policy_officers import make_published

pytestmark = pytest.mark.django_db

ARCHIVED = {"resource.status": "archived"}
ADMIN = {"subject.role": "admin"}


def seed(**options: Any) -> str:
    """Return the key that the command printed."""
    out = StringIO()
    call_command("seed_authzen_fixture", stdout=out, stderr=StringIO(), **options)
    return out.getvalue().strip()


def is_allowed(who: str, purpose: str, record: str, **properties: Any) -> bool:
    question = Question(purpose=purpose, destination=record, controller="", properties=properties)
    identifier = Identifier(IdentifierKind.USER_ID, who)
    return checks.check(identifiers=[identifier], question=question, at=timezone.now()).allowed


def test_the_eight_required_decisions_come_about() -> None:
    seed()

    assert is_allowed("alice", "read", "record-1")
    assert is_allowed("alice", "write", "record-1")
    assert is_allowed("bob", "read", "record-1")
    assert not is_allowed("bob", "write", "record-1")
    assert not is_allowed("alice", "write", "record-2", **ARCHIVED)
    assert is_allowed("bob", "write", "record-2", **ADMIN, **ARCHIVED)
    assert is_allowed("alice", "delete", "record-1", **{"action.soft": True})
    assert not is_allowed("alice", "delete", "record-1", **{"action.soft": False})


def test_what_the_searches_ask_without_properties_is_answered_by_what_is_on_record() -> None:
    seed()

    assert is_allowed("bob", "write", "record-2", **ARCHIVED)  # S4: nobody's role is sent
    assert is_allowed("bob", "write", "record-2", **ADMIN)  # S5: the record's status is not sent
    assert not is_allowed("alice", "write", "record-2")
    assert not is_allowed("alice", "delete", "record-1")  # an action search cannot say how it deletes


def test_what_is_sent_cannot_make_a_record_another_one() -> None:
    seed()

    assert not is_allowed("alice", "write", "record-2", **{"resource.status": "active"})
    assert not is_allowed("alice", "write", "record-1", **ARCHIVED)
    assert not is_allowed("bob", "write", "record-1", **ADMIN, **ARCHIVED)


def test_the_policy_took_the_way_that_every_policy_takes() -> None:
    seed()

    [version] = list_versions()
    assert (version.key, version.status) == ("authzen_fixture", PolicyStatus.PUBLISHED)
    officers = User.objects.in_bulk([version.author_id, version.approver_id])
    assert [officer.username for officer in officers.values()] == ["authzen-author", "authzen-approver"]
    assert not any(officer.has_usable_password() for officer in officers.values())
    assert {entry.resource_type for entry in get_register().values()} == {"record"}


def test_seeding_twice_adds_nothing_but_a_key() -> None:
    first = seed()
    subjects = count_subjects()
    [refs] = find_subjects([[Identifier(IdentifierKind.USER_ID, "alice")]])
    said = list_choices(refs=refs, at=timezone.now())

    second = seed()

    assert first != second
    assert len(list_versions()) == 1
    assert list(get_register()) == ["record-1", "record-2"]
    assert count_subjects() == subjects == 2
    assert list_choices(refs=refs, at=timezone.now()) == said


def test_an_installation_with_a_policy_of_its_own_is_let_be() -> None:
    make_published()

    with pytest.raises(CommandError, match="the policy shop is published here"):
        seed()
    with pytest.raises(CommandError, match="the policy shop is published here"):
        seed(force_new_policy="another")

    assert [version.key for version in list_versions()] == ["shop"]
    assert not get_register()
    assert not count_subjects()


def test_a_policy_that_is_named_is_replaced() -> None:
    make_published()

    seed(force_new_policy="shop")

    policy = get_policy_in_force(at=timezone.now())
    assert policy is not None
    assert policy.key == "authzen_fixture"
    assert is_allowed("alice", "read", "record-1")


def test_a_destination_of_that_name_that_is_something_else_is_let_be() -> None:
    register_destination(
        slug="record-2", kind=DestinationKind.FILE, title="Ours", registered_by="ada", at=timezone.now()
    )

    with pytest.raises(CommandError, match="record-2 is registered as another type"):
        seed()

    assert get_register()["record-2"].resource_type == "destination"
    assert not list_versions()
    assert not count_subjects()


def test_a_key_must_be_valid_for_a_day_at_least() -> None:
    with pytest.raises(CommandError, match="--days must be 1 or more"):
        seed(days=0)

    assert not list_versions()
