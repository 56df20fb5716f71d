"""`create_api_key` and `revoke_api_key`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from activation.checks import queries

pytestmark = pytest.mark.django_db


def create(name: str) -> str:
    out = StringIO()
    call_command("create_api_key", name, "--scope", "check", stdout=out)
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
