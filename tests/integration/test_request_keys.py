"""Keys of requests are wrapped anew, and requests indexed anew, before older keys go."""

import pytest
from pytest_django import Settings

from consent.ledger.queries import get_time
from consent.requests import services
from consent.requests.intake.contents import read_claims
from consent.requests.intake.hinting import get_hints
from consent.requests.models import Request, RequestPerson
from consent.requests.types import Actor, RequestState
from tests.requests_world import email_of, read_code_mails, take_in

pytestmark = pytest.mark.django_db
NEWER = b"\x44" * 32


def verify(request_id: object) -> Request:
    services.check_code(str(request_id), code=read_code_mails(request_id)[-1], at=get_time())
    return Request.objects.get(pk=str(request_id))


@pytest.fixture
def rotated_identifiers(settings: Settings) -> None:
    settings.IDENTIFIER_KEYS = {**settings.IDENTIFIER_KEYS, 2: NEWER}


def test_what_requests_hold_opens_when_the_older_master_key_is_gone(settings: Settings) -> None:
    received = take_in()
    settings.MASTER_KEYS = {**settings.MASTER_KEYS, 2: NEWER}

    assert services.rewrap_keys() == 1
    assert services.rewrap_keys() == 0

    settings.MASTER_KEYS = {2: NEWER}
    claims = read_claims(Request.objects.get(pk=received.request_id))
    assert claims.identifiers == (email_of("ann"),)


@pytest.mark.usefixtures("rotated_identifiers")
def test_while_an_identifier_key_rotates_a_repeated_request_is_recognised(settings: Settings) -> None:
    newer_keys = settings.IDENTIFIER_KEYS
    settings.IDENTIFIER_KEYS = {version: key for version, key in newer_keys.items() if version != 2}
    older = verify(take_in().request_id)
    settings.IDENTIFIER_KEYS = newer_keys

    assert verify(take_in().request_id).joined_to_id == older.pk


@pytest.mark.usefixtures("rotated_identifiers")
def test_and_it_is_when_the_older_one_is_gone_after_people_were_indexed_anew(
    settings: Settings,
) -> None:
    newer_keys = settings.IDENTIFIER_KEYS
    settings.IDENTIFIER_KEYS = {version: key for version, key in newer_keys.items() if version != 2}
    older = verify(take_in().request_id)
    settings.IDENTIFIER_KEYS = newer_keys
    assert services.reindex_people() == 1
    settings.IDENTIFIER_KEYS = {2: NEWER}
    services.reindex_people()

    assert set(RequestPerson.objects.values_list("key_version", flat=True)) == {2}
    assert verify(take_in().request_id).joined_to_id == older.pk


def test_an_officer_is_told_how_often_the_person_asked_this_year_and_how_often_is_free() -> None:
    first = verify(take_in(jurisdiction="US-VA").request_id)
    services.cancel(first.pk, actor=Actor.PERSON)
    second = verify(take_in(jurisdiction="US-VA").request_id)
    services.cancel(second.pk, actor=Actor.PERSON)
    strangers = take_in(jurisdiction="US-VA")
    third = verify(take_in(jurisdiction="US-VA").request_id)

    assert third.state == RequestState.IN_PROGRESS
    hints = get_hints(third)
    assert (hints.earlier, hints.suggestion.free_requests, hints.is_above_free) == (2, 2, True)
    assert get_hints(first).earlier == 0
    assert get_hints(Request.objects.get(pk=strangers.request_id)).earlier == 0
