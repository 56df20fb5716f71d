"""What officers see and do with the data map in the admin."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from consent.keys import queries as keys
from consent.requests.models import Dataset, LegalHold, Reference, System
from consent.requests.rewrapping import rewrap_keys
from consent.requests.systems.secrets import set_secret
from consent.requests.systems.writing import write_text
from lineage.graph import queries as graph
from lineage.graph import services as lineage
from tests import graph_world
from tests.data_map_world import NOON, make_system, place_hold
from tests.policy_officers import make_officer
from tests.trail_world import list_facts

pytestmark = pytest.mark.django_db
PAGES = "admin:consent_requests_"
MODELS = ("system", "dataset", "field", "reference", "legalhold")
SECRET = "planted-secret-77"
PERSON = "ann@planted.example.org"


def sign_in(client: Client, *permissions: str) -> Client:
    officer = make_officer("olga")
    officer.is_staff = True
    officer.save()
    officer.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(officer)
    return client


@pytest.fixture
def officer(client: Client) -> Client:
    return sign_in(
        client,
        "read_request_content",
        *[f"{what}_{model}" for what in ("view", "add", "change", "delete") for model in MODELS],
    )


@pytest.fixture
def shop(settings: Any, tmp_path: Path) -> System:
    path = tmp_path / "shop.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE customers (customer_id TEXT PRIMARY KEY, email TEXT)")
        connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, note TEXT)")
        connection.execute("INSERT INTO customers VALUES ('C-1', ?)", [PERSON])
        connection.execute("INSERT INTO orders VALUES (1, 'C-1', '<script>a kettle</script>')")
    connection.close()
    settings.SYSTEMS = {"shop": f"sqlite:///{path}"}
    return make_system()


def read(client: Client, page: str, *arguments: Any, **query: str) -> str:
    answer = client.get(reverse(f"{PAGES}{page}", args=arguments), query)
    assert answer.status_code == 200
    return answer.content.decode()


def post(client: Client, page: str, *arguments: Any, **fields: Any) -> str:
    answer = client.post(reverse(f"{PAGES}{page}", args=arguments), fields, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_every_list_is_searched_and_filtered(officer: Client, model: str) -> None:
    place_hold(system=make_system())

    assert "Shop" in read(officer, f"{model}_changelist") or model in {"field", "reference"}
    read(officer, f"{model}_changelist", q="nothing-like-it")


def test_a_system_is_added_and_changed_and_the_ledger_learns_of_it(officer: Client) -> None:
    fields = {
        "slug": "crm",
        "title": "CRM",
        "kind": "sql",
        "connection": "crm",
        "settings": "{}",
        "order": 100,
        "answers_within_hours": 72,
        "is_enabled": "on",
    }
    post(officer, "system_add", **fields)
    system = System.objects.get()
    post(officer, "system_change", system.pk, **{**fields, "slug": "other", "order": 5})

    system.refresh_from_db()
    assert (system.slug, system.order) == ("crm", 5)
    assert [entry.kind for entry in list_facts()] == ["data_map_changed"] * 2


def test_settings_that_a_database_does_not_know_are_refused(officer: Client) -> None:
    told = post(
        officer,
        "system_add",
        slug="crm",
        title="CRM",
        kind="sql",
        settings='{"colour": "red"}',
        order=1,
        answers_within_hours=1,
    )

    assert "unknown field `colour`" in told
    assert "need their name in ACCORDANT_SYSTEMS" in told
    assert not System.objects.exists()
    assert list_facts() == []


def test_a_reference_that_closes_a_circle_is_refused(officer: Client) -> None:
    customers = Dataset.objects.get(name="customers", system=make_system())
    orders = Dataset.objects.get(name="orders")
    lines = {
        "name": customers.name,
        "title": customers.title,
        "system": customers.system_id,
        "on_erasure": "delete",
        "fields-TOTAL_FORMS": 0,
        "fields-INITIAL_FORMS": 0,
        "references-TOTAL_FORMS": 1,
        "references-INITIAL_FORMS": 0,
        "references-0-field": "email",
        "references-0-to_dataset": orders.pk,
        "references-0-to_field": "note",
    }

    assert "would close a circle" in post(officer, "dataset_change", customers.pk, **lines)
    assert Reference.objects.count() == 1


def test_a_connection_is_tested_by_post_alone(officer: Client, shop: System) -> None:
    read(officer, "system_try_connection", shop.pk)
    shop.refresh_from_db()
    assert shop.tested_at is None

    assert "2 tables and 3 fields are there" in post(officer, "system_try_connection", shop.pk)
    shop.refresh_from_db()
    assert shop.tested_at is not None


def test_a_dry_run_shows_rows_escaped_and_leaves_the_system_and_the_ledger_without_them(
    officer: Client, shop: System
) -> None:
    assert PERSON not in read(officer, "system_try_out", shop.pk, value=PERSON, kind="email")

    told = post(officer, "system_try_out", shop.pk, kind="email", value=PERSON.upper())

    assert PERSON in told
    assert "&lt;script&gt;a kettle" in told
    assert "<script>a kettle" not in told
    (entry,) = list_facts()
    assert entry.kind == "system_dry_run"
    assert PERSON.encode() not in entry.envelope.lower()
    assert "C-1" in post(officer, "system_try_out", shop.pk, kind="customer_id", value="C-1")


def test_a_dry_run_needs_its_permission_and_a_real_identifier(client: Client, shop: System) -> None:
    sign_in(client, "view_system", "change_system")
    assert client.post(reverse(f"{PAGES}system_try_out", args=[shop.pk])).status_code == 403

    sign_in(client, "view_system", "change_system", "read_request_content")
    told = post(client, "system_try_out", shop.pk, kind="email", value="not-an-address-planted")
    assert "is no e-mail address" in told


def test_a_secret_is_sealed_rewrapped_and_never_shown(officer: Client, shop: System) -> None:
    told = post(officer, "system_enter_secret", shop.pk, secret=SECRET)
    shop.refresh_from_db()

    assert SECRET not in told
    assert SECRET not in read(officer, "system_enter_secret", shop.pk)
    assert SECRET not in read(officer, "system_change", shop.pk)
    assert SECRET.encode() not in bytes(shop.sealed)
    assert keys.open_secret(shop.as_sealed(), name=shop.key_name) == SECRET
    assert rewrap_keys() == 0
    assert [entry.kind for entry in list_facts()] == ["system_secret_set"]

    post(officer, "system_enter_secret", shop.pk, secret="")
    shop.refresh_from_db()
    assert shop.kek_version == 0


def test_a_system_that_is_reached_in_another_way_asks_for_its_secret_anew(
    officer: Client, shop: System
) -> None:
    text = write_text()
    set_secret(shop, SECRET, changed_by="olga")

    post(officer, "system_load_map", text=text.replace("title: Shop", "title: Market"))
    shop.refresh_from_db()
    assert shop.kek_version

    post(officer, "system_load_map", text=text.replace("connection: shop", "connection: elsewhere"))
    shop.refresh_from_db()
    assert (shop.connection, shop.kek_version) == ("elsewhere", 0)


def test_the_map_shows_systems_datasets_and_fields_by_category(officer: Client, shop: System) -> None:
    told = read(officer, "system_show_map")

    assert "user.contact" in told
    assert "Orders" in told


def test_the_map_is_tried_and_loaded_as_yaml(officer: Client) -> None:
    text = "version: 1\nsystems:\n  desk:\n    title: Desk\n    kind: human\n    instructions: Look.\n"

    assert "+ systems.desk" in post(officer, "system_load_map", text=text, is_tried="on")
    assert not System.objects.exists()
    assert "systems.desk.instructions: a human task" in post(
        officer, "system_load_map", text=text.replace("Look.", "''")
    )
    post(officer, "system_load_map", text=text)
    assert System.objects.get().slug == "desk"


def test_who_declares_an_identifier_in_an_address_is_warned(officer: Client) -> None:
    path = {"path": "/people/{email}", "method": "DELETE", "identifiers_in_url": True}
    asked = {"url": "https://api.example.com", "actions": {"erase": path}}
    text = json.dumps(
        {"version": 1, "systems": {"mailer": {"title": "Mailer", "kind": "http", "settings": asked}}}
    )

    told = post(officer, "system_load_map", text=text)

    assert "systems.mailer.settings: erase: the address holds what the person is found by" in told


def test_a_dataset_says_that_it_is_derived_and_a_field_that_it_is_free_text(
    officer: Client, shop: System
) -> None:
    page = read(officer, "dataset_change", Dataset.objects.get(name="orders").pk)

    for name in ("is_derived", "fields-0-is_free_text", "fields-0-is_derived", "fields-0-is_third_party"):
        assert f'name="{name}"' in page


def test_a_hold_is_placed_and_lifted_and_neither_changed_nor_deleted(officer: Client, shop: System) -> None:
    fields = {"reference": "case 12", "ground": "claims", "since": "2026-11-01"}
    assert "Name a system, a dataset or a person" in post(officer, "legalhold_add", **fields)
    post(officer, "legalhold_add", **fields, system=shop.pk)
    hold = LegalHold.objects.get()
    assert hold.placed_by == make_officer("olga")

    assert officer.post(reverse(f"{PAGES}legalhold_delete", args=[hold.pk])).status_code == 403
    post(officer, "legalhold_changelist", action="lift", _selected_action=[str(hold.pk)])

    hold.refresh_from_db()
    assert hold.lifted_at is not None
    assert [entry.kind for entry in list_facts()] == ["legal_hold_placed", "legal_hold_lifted"]
    assert NOON.date() != hold.since


def test_personal_datasets_that_lineage_knows_and_no_system_declares_are_listed(officer: Client) -> None:
    make_system()
    inputs = ["shop.public.customers", "shop.public.visits", "weather"]
    graph_world.send(graph_world.run_event("load", inputs=inputs))
    for node in graph.find_datasets("", 10):
        lineage.declare_dataset(
            key=node.key,
            categories=[] if node.name == "weather" else ["user.behavior"],
            is_personal=node.name != "weather",
            is_outside=False,
            owner="",
            by="olga",
            at=NOON,
        )

    told = read(officer, "system_show_map")

    assert "shop.public.visits" in told
    assert "shop.public.customers" not in told
    assert "weather" not in told
