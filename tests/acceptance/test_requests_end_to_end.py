"""A person asks for access and erasure, and gets package and certificate, while officers handle both."""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connections
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select, table

from activation.checks.queries import check
from activation.decisions.reasons import Effect, Reason
from activation.decisions.types import Question
from activation.enforcement.recipients.services import tell_all
from consent.ledger.queries import get_time
from consent.ledger.services import sequence_pending, sign_checkpoint
from consent.records import services as records
from consent.records.types import FaultCode
from consent.requests import services as requests
from consent.requests import tasks
from consent.requests.models import System
from consent.subjects.types import Identifier, IdentifierKind
from tests.acceptance.served import log_in, opened_in, served, started_beside_database
from tests.conformance_requests.databases import Database, postgresql, sqlite
from tests.enforcement_world import QUESTION, make_world
from tests.integration.conftest import committed_database  # noqa: F401 - a fixture
from tests.portal_world import get_newest, read_code, read_link
from tests.records_world import make_choice, make_line

ANN, NUMBER = "ann@people.example", "4711"
QUEUE = "/admin/consent_requests/request/"
ASKED = Question(
    purpose=QUESTION["purpose"], destination=QUESTION["destination"], controller=QUESTION["controller"]
)
MAP = """
version: 1
systems:
  shop:
    title: Web shop
    kind: sql
    connection: shop
    backup_days: 30
    datasets:
      customers:
        title: Customers
        fields:
          customer_id: {category: user.unique_id, identifier: customer_id}
          email: {category: user.contact.email, identifier: email}
          name: {category: user.name}
      orders:
        title: Orders
        fields:
          article: {category: user.behavior.purchase_history}
        references:
        - {field: customer, to: customers, to_field: customer_id}
  news:
    title: Newsletter
    kind: sql
    connection: news
    datasets:
      readers:
        title: Readers
        fields:
          address: {category: user.contact.email, identifier: email}
"""
SHOP = """
CREATE TABLE customers (customer_id text PRIMARY KEY, email text, name text);
CREATE TABLE orders (id integer PRIMARY KEY, customer text REFERENCES customers, article text);
INSERT INTO customers VALUES ('4711', 'Ann@People.example', 'Ann E.'), ('12', 'bob@people.example', 'B.');
INSERT INTO orders VALUES (1, '4711', 'a red kettle'), (2, '4711', 'two cups'), (3, '12', 'a blue kettle');
"""
NEWS = """
CREATE TABLE readers (address text);
INSERT INTO readers VALUES ('ann@people.example'), ('bob@people.example');
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    """Give the shop's PostgreSQL and the newsletter's SQLite, with two customers in each."""
    with ExitStack() as stack:
        both = stack.enter_context(postgresql(tmp_path)), stack.enter_context(sqlite(tmp_path))
        for database, script in zip(both, (SHOP, NEWS), strict=True):
            with database.owner.begin() as connection:
                for statement in filter(str.strip, script.split(";")):
                    connection.exec_driver_sql(statement)
        yield both


@pytest.fixture
def address(
    committed_database: str,  # noqa: F811
    shop: tuple[Database, Database],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """Serve portal and admin on a clone of the database, with both systems in the data map."""
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    monkeypatch.setattr(settings, "PRIVACY_CONTACT", "privacy@shop.example")
    monkeypatch.setattr(settings, "SYSTEMS", {"shop": shop[0].address, "news": shop[1].address})
    make_world()
    for name in ("ada", "ben"):
        User.objects.create_superuser(name)
    requests.import_data_map(MAP, changed_by="ada")
    import_ann()
    with served() as address:
        monkeypatch.setattr(settings, "PUBLIC_URL", address)
        yield address
    connections.close_all()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """Start a browser, beside which the database is asked."""
    with started_beside_database(monkeypatch) as browser:
        yield browser


def import_ann(night: str = "1") -> Any:
    """Import that Ann said yes, as the shop's own system does each night."""
    line = make_line(
        identifiers=[
            {"kind": "customer_id", "value": NUMBER},
            {"kind": "email", "value": ANN, "verified": True},
        ],
        choices=[make_choice(purpose="advertising.audience", controller="shop")],
    )
    return records.import_rows(lines=[line], digest=night * 64, source="shop", at=get_time())


def ask() -> tuple[Effect, Reason]:
    """Return whether Ann's data may be used."""
    person = [Identifier(IdentifierKind.CUSTOMER_ID, NUMBER)]
    decision = check(identifiers=person, question=ASKED, at=get_time())
    return decision.effect, decision.reason


def let_workers_work() -> None:
    """Do what the schedule has workers do, until nothing waits."""
    for _ in range(8):
        tasks.send_messages()
        tasks.work_steps()
        for system in System.objects.values_list("pk", flat=True):
            tasks.ask_system(system)
        tell_all()
        tasks.build_packages()
        sequence_pending()


def file_request(page: Page, kind: str) -> Any:
    """Fill in the portal's form, and enter the code that was sent."""
    page.goto(f"/privacy/ask/{kind}/")
    page.get_by_label("E-mail address").fill(ANN)
    page.get_by_label("Where do you live?", exact=True).select_option("DE")
    page.get_by_role("button", name="Send the request").click()
    made = get_newest()
    page.get_by_label("Code").fill(read_code(made))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(made.reference)).to_be_visible()
    return made


def act(page: Page, case: Any, label: str) -> None:
    """Have an officer do what the button says, after reading what it will do."""
    page.goto(f"{QUEUE}{case.pk}/change/")
    page.get_by_role("link", name=label, exact=True).click()
    if page.get_by_role("button", name="Go on").is_visible():
        page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("This will happen")).to_be_visible()
    page.get_by_role("button", name=label, exact=True).click()


def take_package(page: Page) -> zipfile.ZipFile:
    """Follow the link of the mail in another browser, prove again who asks, and download."""
    page.context.clear_cookies()
    page.goto(read_link("package"))
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code").fill(read_code(get_newest()))
    page.get_by_role("button", name="Go on").click()
    with page.expect_download() as waited:
        page.get_by_role("button", name="Download").click()
    return zipfile.ZipFile(io.BytesIO(Path(waited.value.path()).read_bytes()))


def test_access_and_erasure_from_the_first_click_to_the_signed_certificate(
    address: str, browser: Browser, shop: tuple[Database, Database], tmp_path: Path
) -> None:
    assert ask() == (Effect.ALLOW, Reason.GRANTED)
    with (
        opened_in(browser, address, locale="en-GB") as ann,
        opened_in(browser, address, session=log_in("ada")) as ada,
        opened_in(browser, address, session=log_in("ben")) as ben,
    ):
        access = file_request(ann, "access")
        let_workers_work()
        act(ada, access, "Release the package")
        let_workers_work()
        package = take_package(ann)
        text = b"\n".join(package.read(name) for name in package.namelist())
        assert b"a red kettle" in text
        assert b"two cups" in text
        assert b"blue" not in text
        assert b"bob@people.example" not in text

        erasure = file_request(ann, "erasure")
        act(ada, erasure, "Propose the erasure")
        assert ask() == (Effect.ALLOW, Reason.GRANTED)
        act(ben, erasure, "Approve the erasure")
        assert ask() == (Effect.DENY, Reason.SUBJECT_ERASED)
        let_workers_work()
        let_workers_work()

        ann.goto(read_link("status"))
        with ann.expect_download() as waited:
            ann.locator("a[href$='certificate.json']").click()
        certificate = tmp_path / "certificate.json"
        certificate.write_bytes(Path(waited.value.path()).read_bytes())

    erasure.refresh_from_db()
    assert erasure.state == "fulfilled"
    call_command("verify_certificate", str(certificate), stdout=io.StringIO())
    assert erasure.reference in json.dumps(json.loads(certificate.read_text()))
    assert list_rows(shop) == {"customers": 1, "orders": 1, "readers": 1}
    assert [fault.code for fault in import_ann("2").faults] == [FaultCode.SUBJECT_ERASED]
    assert ask() == (Effect.DENY, Reason.SUBJECT_ERASED)
    sequence_pending()
    sign_checkpoint()
    call_command("verify_ledger", stdout=io.StringIO())


def list_rows(shop: tuple[Database, Database]) -> dict[str, int]:
    """Return how many rows there are left in each table."""
    counted = {}
    for database, tables in zip(shop, (("customers", "orders"), ("readers",)), strict=True):
        with database.owner.connect() as connection:
            for name in tables:
                counted[name] = connection.execute(select(func.count()).select_from(table(name))).scalar_one()
    return counted
