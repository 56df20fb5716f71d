"""Destinations are connected: settings in clear and checked, credentials sealed and never seen again."""

import json
import logging
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from pytest_django import Settings

from activation.destinations import queries
from activation.destinations.kinds.file import FileConnector
from activation.destinations.kinds.postgresql import PostgresqlConnector
from activation.destinations.kinds.settings import MalformedSettings
from activation.destinations.models import Destination, DestinationCredential
from activation.destinations.services import (
    connect_destination,
    disconnect_destination,
    register_destination,
    rewrap_credentials,
    rotate_credentials,
)
from activation.destinations.types import (
    ConnectorUnknown,
    DestinationKind,
    DestinationNotConnected,
    DestinationNotRegistered,
    MalformedCredentials,
)
from consent.kernel import canonical
from consent.keys.types import KeyUnreadable
from consent.network.errors import DeliveryRefused
from tests.trail_world import list_facts

pytestmark = pytest.mark.django_db
JAN_1 = datetime(2026, 1, 1, tzinfo=UTC)
PASSWORD = "planted-password-4af0"
CRM = {"host": "127.0.0.1", "database": "crm", "user": "us", "table": "people", "tls": "disable"}
LISTING = "/admin/activation_destinations/destination/"


@pytest.fixture(autouse=True)
def _registered(db: None, settings: Settings, tmp_path: Path) -> None:
    settings.DELIVERY_FOLDER = tmp_path
    for slug in ("crm", "other"):
        register_destination(
            slug=slug, kind=DestinationKind.CX_TOOL, title="CRM", registered_by="officer", at=JAN_1
        )


def connect(slug: str = "crm", **changes: Any) -> None:
    """Connect the destination by PostgreSQL, with these changes."""
    given: dict[str, Any] = {
        "connector": "postgresql",
        "settings": CRM,
        "secrets": {"password": PASSWORD},
        "changed_by": "officer",
        "at": JAN_1,
    }
    connect_destination(slug=slug, **{**given, **changes})


def read_events() -> list[dict[str, Any]]:
    """Return what the ledger was told of connections."""
    events = [canonical.loads(entry.envelope) for entry in list_facts()]
    return [event for event in events if event["kind"] != "destination_registered"]


def test_a_destination_is_not_connected_at_first() -> None:
    assert queries.open_connector("crm") is None
    assert queries.open_connector("nobody") is None


def test_a_connected_destination_opens_with_its_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    connect()

    opened = queries.open_connector("crm")

    assert isinstance(opened, PostgresqlConnector)
    assert opened._password == PASSWORD
    assert queries.open_connector("other") is None


def test_a_connection_is_replaced_with_all_its_credentials() -> None:
    connect()
    connect(connector="file", settings={"folder": "crm"}, secrets={})

    assert isinstance(queries.open_connector("crm"), FileConnector)
    assert not DestinationCredential.objects.exists()
    with pytest.raises(DeliveryRefused, match="password"):
        connect(secrets={})  # not even the old one is found again
    assert isinstance(queries.open_connector("crm"), FileConnector)


def test_a_disconnected_destination_keeps_nothing() -> None:
    connect()

    disconnect_destination(slug="crm", changed_by="officer", at=JAN_1)

    assert queries.open_connector("crm") is None
    assert Destination.objects.get(slug="crm").settings == {}
    assert not DestinationCredential.objects.exists()
    with pytest.raises(DestinationNotConnected):
        disconnect_destination(slug="crm", changed_by="officer", at=JAN_1)


def test_credentials_are_rotated_and_settings_stay() -> None:
    connect()

    rotate_credentials(slug="crm", secrets={"password": "new-password"}, changed_by="officer", at=JAN_1)

    opened = queries.open_connector("crm")
    assert isinstance(opened, PostgresqlConnector)
    assert opened._password == "new-password"
    assert Destination.objects.get(slug="crm").settings["host"] == "127.0.0.1"


def test_every_step_is_a_ledger_event_without_a_secret() -> None:
    connect()
    rotate_credentials(slug="crm", secrets={"password": PASSWORD}, changed_by="officer", at=JAN_1)
    disconnect_destination(slug="crm", changed_by="officer", at=JAN_1)

    connected, rotated, disconnected = read_events()

    assert connected["kind"] == "destination_connected"
    assert connected["body"]["connector"] == "postgresql"
    assert connected["body"]["credentials"] == ["password"]
    assert len(connected["body"]["settings_digest"]) == 64
    assert rotated["kind"] == "destination_credentials_rotated"
    assert disconnected["kind"] == "destination_disconnected"
    assert PASSWORD not in json.dumps([connected, rotated, disconnected])


REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"slug": "nobody"}, DestinationNotRegistered, "register"),
    ({"connector": "carrier_pigeon"}, ConnectorUnknown, "postgresql"),
    ({"settings": {**CRM, "colour": "blue"}}, MalformedSettings, "colour"),
    ({"settings": {**CRM, "port": "many"}}, MalformedSettings, "port"),
    ({"settings": {}}, MalformedSettings, "host"),
    ({"secrets": {}}, DeliveryRefused, "password"),
    ({"secrets": {"password": ""}}, MalformedCredentials, "password"),
    ({"secrets": {"password": PASSWORD, "token": PASSWORD}}, MalformedCredentials, "asks for password"),
]


@pytest.mark.parametrize(("changes", "error", "word"), REFUSED)
def test_what_the_kind_does_not_ask_for_is_refused_and_nothing_is_written(
    changes: dict[str, Any], error: type[Exception], word: str
) -> None:
    with pytest.raises(error, match=word) as refused:
        connect(**changes)

    assert PASSWORD not in str(refused.value)
    assert read_events() == []
    assert not Destination.objects.exclude(connector="").exists()


def test_a_credential_is_sealed_in_its_row(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        connect()
    row = DestinationCredential.objects.get()

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(c)::text FROM activation_destinations_destinationcredential c")
        (stored,) = cursor.fetchone() or ("",)
    assert PASSWORD not in stored
    assert PASSWORD.encode().hex() not in stored
    assert PASSWORD not in caplog.text
    assert "x" not in repr(row.as_sealed()).partition("(")[2].replace("version=1", "")


@pytest.mark.parametrize("column", ["sealed", "wrapped"])
def test_a_credential_opens_in_its_own_place_only(column: str) -> None:
    connect("crm")
    connect("other")
    rows = {row.destination.slug: row for row in DestinationCredential.objects.select_related("destination")}
    moved = {name: getattr(rows["other"], name) for name in ("sealed", "wrapped")}
    changed = moved if column == "sealed" else {"wrapped": moved["wrapped"]}

    DestinationCredential.objects.filter(pk=rows["crm"].pk).update(**changed)

    with pytest.raises(KeyUnreadable) as unreadable:
        queries.open_connector("crm")
    assert PASSWORD not in str(unreadable.value)
    assert queries.open_connector("other") is not None


def test_credentials_follow_a_new_master_key(settings: Settings) -> None:
    connect()
    settings.MASTER_KEYS = {**settings.MASTER_KEYS, 2: b"\x22" * 32}

    assert rewrap_credentials() == 1
    assert rewrap_credentials() == 0

    settings.MASTER_KEYS = {2: b"\x22" * 32}
    opened = queries.open_connector("crm")
    assert isinstance(opened, PostgresqlConnector)
    assert opened._password == PASSWORD
    assert DestinationCredential.objects.get().kek_version == 2


def test_a_kind_that_is_gone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    connect()
    monkeypatch.setattr(queries, "KINDS", {})

    with pytest.raises(ConnectorUnknown, match="anew"):
        queries.open_connector("crm")


def test_the_table_refuses_half_a_connection() -> None:
    for values in ({"connector": "file"}, {"settings": {"folder": "x"}}, {"connected_at": JAN_1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Destination.objects.filter(slug="crm").update(**values)


def test_local_addresses_need_the_installations_leave(settings: Settings) -> None:
    settings.ALLOW_LOCAL_DESTINATIONS = False
    connect()
    opened = queries.open_connector("crm")

    assert opened is not None
    with pytest.raises(DeliveryRefused):
        opened.check()


@pytest.fixture
def officer() -> Client:
    """Return the browser of an officer who may do everything."""
    User.objects.create_superuser("officer", password="secret")
    client = Client()
    assert client.login(username="officer", password="secret")
    return client


def page(step: str) -> str:
    """Return the address of a step with the destination."""
    return f"{LISTING}{Destination.objects.get(slug='crm').pk}/{step}/"


def test_an_officer_connects_checks_and_disconnects(officer: Client, tmp_path: Path) -> None:
    chosen = officer.post(page("connect"), {"kind": "file"})
    assert chosen.status_code == 302
    asked = officer.get(chosen["Location"])
    assert b"ACCORDANT_DELIVERY_FOLDER" in asked.content
    wrong = officer.post(chosen["Location"], {"folder": "../up", "format": "csv"})
    assert b"the setting folder is not one" in wrong.content

    officer.post(chosen["Location"], {"folder": "crm", "format": "csv"})

    assert isinstance(queries.open_connector("crm"), FileConnector)
    assert b"lets us in" in officer.post(page("check"), follow=True).content
    assert list(tmp_path.iterdir()) == []
    shown = officer.get(page("change"))
    assert b"folder" in shown.content
    officer.post(page("disconnect"))
    assert queries.open_connector("crm") is None
    assert read_events()[-1]["body"]["changed_by"] == "officer"


def test_a_check_that_fails_is_told_in_words(officer: Client, settings: Settings, tmp_path: Path) -> None:
    connect(connector="file", settings={"folder": "crm"}, secrets={})
    settings.DELIVERY_FOLDER = tmp_path / "gone" / "deliveries"

    told = officer.post(page("check"), follow=True)

    assert b"ACCORDANT_DELIVERY_FOLDER" in told.content


def test_no_page_shows_a_credential_again(officer: Client) -> None:
    connect()
    asked = page("connect") + "?kind=postgresql"

    refused = officer.post(asked, {**CRM, "port": "0", "credential-password": PASSWORD})

    for answer in (refused, officer.get(asked), officer.get(page("change")), officer.get(LISTING)):
        assert answer.status_code == 200
        assert PASSWORD not in answer.content.decode()
    assert b"password, set 2026-01-01 00:00 UTC by officer" in officer.get(page("change")).content


def test_destinations_are_found_by_their_connector(officer: Client) -> None:
    connect()

    by_postgresql = officer.get(f"{LISTING}?connector=postgresql").content.decode()
    by_none = officer.get(f"{LISTING}?connector=none").content.decode()

    assert f"/{Destination.objects.get(slug='crm').pk}/change/" in by_postgresql
    assert f"/{Destination.objects.get(slug='other').pk}/change/" not in by_postgresql
    assert f"/{Destination.objects.get(slug='other').pk}/change/" in by_none


def test_who_may_not_connect_cannot() -> None:
    User.objects.create_user("reader", password="secret", is_staff=True)
    client = Client()
    assert client.login(username="reader", password="secret")

    for step in ("connect", "check", "disconnect"):
        assert client.post(page(step)).status_code == 403


def test_a_destination_is_connected_and_checked_by_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(CRM))
    monkeypatch.setenv("CRM_PASSWORD", PASSWORD)
    told = StringIO()

    call_command(
        "connect_destination",
        "crm",
        "postgresql",
        settings_file=file,
        secret=[("password", "CRM_PASSWORD")],
        stdout=told,
    )

    assert isinstance(queries.open_connector("crm"), PostgresqlConnector)
    assert PASSWORD not in told.getvalue()
    with pytest.raises(CommandError, match="PostgreSQL cannot be connected to"):
        call_command("check_destination", "crm")
    with pytest.raises(CommandError, match="connected"):
        call_command("check_destination", "other")


def test_a_command_reads_a_credential_from_a_file_and_names_what_is_missing(tmp_path: Path) -> None:
    file, secret = tmp_path / "settings.json", tmp_path / "password"
    file.write_text(json.dumps(CRM))
    secret.write_text(f"{PASSWORD}\n")

    call_command(
        "connect_destination",
        "crm",
        "postgresql",
        settings_file=file,
        secret_file=[("password", str(secret))],
    )

    opened = queries.open_connector("crm")
    assert isinstance(opened, PostgresqlConnector)
    assert opened._password == PASSWORD
    with pytest.raises(CommandError, match="NO_SUCH_VARIABLE"):
        call_command(
            "connect_destination",
            "crm",
            "postgresql",
            settings_file=file,
            secret=[("password", "NO_SUCH_VARIABLE")],
        )
    file.write_text("[]")
    with pytest.raises(CommandError, match="JSON object"):
        call_command("connect_destination", "crm", "postgresql", settings_file=file)
