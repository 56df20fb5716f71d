"""`create_api_key`, `rotate_api_key` and `revoke_api_key`."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from activation.checks import queries
from activation.checks.types import NO_LIMITS, Limits
from consent.ledger.types import Stream
from tests.ledger_world import read_entries

pytestmark = pytest.mark.django_db


def create(name: str, *options: str) -> str:
    out = StringIO()
    call_command("create_api_key", name, "--scope", "check", *options, stdout=out)
    return out.getvalue().strip()


def rotate(name: str, *options: str) -> str:
    out = StringIO()
    call_command("rotate_api_key", name, *options, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def test_the_key_that_is_printed_works_until_it_is_revoked() -> None:
    key = create("tool")
    caller = queries.authenticate(key=key, at=timezone.now())
    assert caller is not None
    assert caller.scopes == {"check"}

    call_command("revoke_api_key", "tool", stdout=StringIO())

    assert queries.authenticate(key=key, at=timezone.now()) is None


def test_a_name_is_used_once() -> None:
    create("tool")

    with pytest.raises(CommandError, match="there is a key named"):
        create("tool")


def test_a_key_nobody_made_cannot_be_revoked() -> None:
    with pytest.raises(CommandError, match="no key named"):
        call_command("revoke_api_key", "nobody")


def test_a_rotated_key_works_beside_its_successor_until_the_overlap_ends() -> None:
    old, now = create("tool"), timezone.now()
    new = rotate("tool", "--overlap-hours", "2")

    for hours, works in (
        (0, [True, True]),
        (1.9, [True, True]),
        (2.1, [False, True]),
        (24 * 91, [False] * 2),
    ):
        at = now + timedelta(hours=hours)
        assert [queries.authenticate(key=key, at=at) is not None for key in (old, new)] == works


def test_a_rotation_without_overlap_ends_the_old_keys_at_once() -> None:
    first = create("tool")
    second = rotate("tool")
    third = rotate("tool", "--overlap-hours", "0")

    callers = [queries.authenticate(key=key, at=timezone.now()) for key in (first, second, third)]

    assert [caller is not None for caller in callers] == [False, False, True]


def test_a_rotation_prolongs_no_old_key() -> None:
    out = StringIO()
    call_command("create_api_key", "tool", "--scope", "check", "--days", "1", stdout=out)
    rotate("tool", "--overlap-hours", "72")

    assert queries.authenticate(key=out.getvalue().strip(), at=timezone.now() + timedelta(days=2)) is None


def test_revoking_ends_every_key_and_no_rotation_revives_the_client() -> None:
    keys = [create("tool"), rotate("tool")]
    call_command("revoke_api_key", "tool", stdout=StringIO())

    assert [queries.authenticate(key=key, at=timezone.now()) for key in keys] == [None, None]
    assert queries.list_live_keys(at=timezone.now()) == []
    with pytest.raises(CommandError, match="was revoked"):
        rotate("tool")


def test_a_successor_holds_what_its_client_holds() -> None:
    old, new = create("tool"), rotate("tool")
    before, after = (queries.authenticate(key=key, at=timezone.now()) for key in (old, new))

    assert before is not None
    assert after is not None
    assert replace(after, key_id=before.key_id) == before
    assert after.key_id != before.key_id


def test_each_step_is_told_in_the_audit_stream_without_the_key() -> None:
    keys = [create("tool"), rotate("tool")]
    call_command("revoke_api_key", "tool", stdout=StringIO())
    call_command("revoke_api_key", "tool", stdout=StringIO())  # nothing happens, so nothing is told

    entries = [entry for entry in read_entries() if entry.stream == Stream.AUDIT]

    assert [entry.kind for entry in entries] == ["api_client_made", "api_key_rotated", "api_client_revoked"]
    for entry in entries:
        assert b'"name":"tool"' in entry.envelope
        assert not [key for key in keys if key.encode() in entry.envelope]


@pytest.mark.parametrize(
    "scope",
    ["", "checks", "consents:write:", "consents:write:Marketing", "consents:import:marketing", "check "],
)
def test_what_is_no_scope_makes_no_key(scope: str) -> None:
    with pytest.raises(CommandError, match="is no scope"):
        call_command("create_api_key", "tool", "--scope", scope, stdout=StringIO())

    assert queries.list_live_keys(at=timezone.now()) == []


@pytest.mark.parametrize("scope", ["consents:write", "consents:write:marketing", "changes:read", "admin"])
def test_a_test_key_can_have_no_scope_that_reads_or_writes_what_is_real(scope: str) -> None:
    with pytest.raises(CommandError, match="test key"):
        call_command("create_api_key", "tool", "--test", "--scope", scope, stdout=StringIO())


def test_a_test_key_is_known_by_its_beginning() -> None:
    key = create("tool", "--test")
    [live] = queries.list_live_keys(at=timezone.now())

    assert key.startswith("acc_test_")
    assert live.caller.is_test
    assert not create("other").startswith("acc_test_")


def test_limits_are_the_default_ones_unless_said_and_zero_is_none() -> None:
    create("plain")
    create("small", "--questions-per-minute", "10", "--identifiers-per-day", "20")
    create("bulk", "--questions-per-minute", "0", "--identifiers-per-day", "0")

    found = {live.caller.name: live.caller.limits for live in queries.list_live_keys(at=timezone.now())}

    small = Limits(questions_per_minute=10, identifiers_per_day=20)
    assert found == {"plain": Limits(), "small": small, "bulk": NO_LIMITS}


def test_limits_are_changed_without_another_key() -> None:
    key = create("tool")
    for questions, identifiers in (("5", "0"), ("5", "6")):
        limits = ("--questions-per-minute", questions, "--identifiers-per-day", identifiers)
        call_command("limit_api_client", "tool", *limits, stdout=StringIO())

    caller = queries.authenticate(key=key, at=timezone.now())

    assert caller is not None
    assert caller.limits == Limits(questions_per_minute=5, identifiers_per_day=6)


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("create_api_key", ["--scope", "check", "--days", "0"]),
        ("create_api_key", ["--scope", "check", "--identifiers-per-day", "-1"]),
        ("rotate_api_key", ["--days", "0"]),
        ("rotate_api_key", ["--overlap-hours", "-1"]),
        ("rotate_api_key", ["--overlap-hours", "nan"]),
        ("rotate_api_key", []),
        ("limit_api_client", []),
        ("limit_api_client", ["--questions-per-minute", "1", "--identifiers-per-day", "-1"]),
        ("limit_api_client", ["--questions-per-minute", "1", "--identifiers-per-day", "1"]),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(command: str, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command(command, "nobody", *arguments, stdout=StringIO(), stderr=StringIO())
