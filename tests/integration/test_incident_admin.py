"""Officers see incidents, and answer them with a note that the ledger keeps."""

import json

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from activation.enforcement.canaries.models import Incident, SelfTest
from activation.enforcement.canaries.services import acknowledge_incident, raise_incident, run_self_test
from activation.enforcement.canaries.types import (
    IncidentAcknowledged,
    IncidentKind,
    IncidentNotFound,
    NoteMissing,
    Way,
)
from consent.ledger.types import Stream
from tests.canary_world import ALLOWS_ALL, QUESTION, list_told
from tests.enforcement_world import make_world

pytestmark = pytest.mark.django_db

LISTING = "/admin/activation_enforcement/incident/"


def make_incident() -> int:
    return raise_incident(kind=IncidentKind.CANARY_PASSED, question=QUESTION, ways=[Way.REFUSED], path="run")


def sign_in(*permissions: str) -> Client:
    """Return the browser of an officer with these permissions."""
    officer = User.objects.create_user("officer", password="secret", is_staff=True)
    officer.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    assert client.login(username="officer", password="secret")
    return client


def acknowledge(client: Client, number: int, note: str) -> None:
    client.post(
        LISTING, {"_selected_action": [str(number)], "index": "0", "action": "acknowledge", "note": note}
    )


def test_an_officer_sees_an_incident_and_acknowledges_it_with_a_note() -> None:
    number = make_incident()
    client = sign_in("view_incident", "acknowledge_incident")

    page = client.get(LISTING).content.decode()
    assert "canary passed" in page
    assert "no self-test was ever run" in page
    acknowledge(client, number, "")
    assert Incident.objects.open().exists()
    acknowledge(client, number, "the rule was mended")

    incident = Incident.objects.get()
    assert (incident.acknowledged_by, incident.note) == ("officer", "the rule was mended")
    assert b"the rule was mended" in client.get(f"{LISTING}{number}/change/").content
    assert number not in Incident.objects.open().values_list("pk", flat=True)
    kind, told = list_told(Stream.INCIDENTS)[-1]
    assert kind == "incident_acknowledged"
    assert "the rule was mended" in told
    assert "canary passed" not in client.get(f"{LISTING}?state=open").content.decode()
    assert "canary passed" in client.get(f"{LISTING}?state=acknowledged").content.decode()


def test_an_officer_without_the_permission_reads_only() -> None:
    number = make_incident()
    client = sign_in("view_incident")

    acknowledge(client, number, "nothing to see")

    assert Incident.objects.open().exists()
    assert client.post(f"{LISTING}{number}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{LISTING}add/").status_code == 403


def test_self_tests_are_there_to_read() -> None:
    make_world()
    run_self_test(at=timezone.now(), paths=[ALLOWS_ALL])
    client = sign_in("view_selftest")
    listing = "/admin/activation_enforcement/selftest/"

    assert "incidents" in client.get(listing).content.decode()
    assert client.get(f"{listing}{SelfTest.objects.get().pk}/change/").status_code == 200


def test_an_incident_is_acknowledged_once() -> None:
    number = make_incident()
    given = {"number": number, "note": "seen", "acknowledged_by": "officer", "at": timezone.now()}
    acknowledge_incident(**given)  # type: ignore[arg-type]

    with pytest.raises(IncidentAcknowledged):
        acknowledge_incident(**given)  # type: ignore[arg-type]
    with pytest.raises(NoteMissing):
        acknowledge_incident(**{**given, "note": " "})  # type: ignore[arg-type]
    with pytest.raises(IncidentNotFound):
        acknowledge_incident(**{**given, "number": number + 1})  # type: ignore[arg-type]


def test_an_incident_at_a_destination_that_nobody_registered_is_kept_too() -> None:
    make_incident()

    assert not Incident.objects.get().suspended
    [(kind, told)] = list_told(Stream.INCIDENTS)
    assert kind == "incident_raised"
    assert json.dumps("ads") in told


def test_the_tables_refuse_a_silent_answer_and_a_rewritten_test() -> None:
    make_world()
    run_self_test(at=timezone.now(), paths=[ALLOWS_ALL])

    for rewrite in (
        lambda: Incident.objects.update(acknowledged_at=timezone.now()),
        lambda: SelfTest.objects.update(incidents=0),
        lambda: SelfTest.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rewrite()
