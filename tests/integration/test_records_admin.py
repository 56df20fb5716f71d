"""Officers read evidence in the admin; nobody changes it there."""

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse

from consent.ledger.models import Leaf
from consent.records.models import ConsentRecord, ImportRun
from consent.records.services import import_rows
from consent.subjects.models import Subject, SubjectFact, SubjectLink
from tests.ledger_world import sequence_all
from tests.records_world import JUNE_1, make_line, publish_policy

pytestmark = pytest.mark.django_db

MODELS = [Leaf, ConsentRecord, ImportRun, Subject, SubjectFact, SubjectLink]


@pytest.fixture
def officer(client: Client) -> Client:
    """Return the browser of a superuser, with two persons on record who are one."""
    publish_policy()
    browser = {"kind": "cookie_id", "value": "2"}
    both = [{"kind": "customer_id", "value": "1"}, browser]
    lines = [make_line("1"), make_line(identifiers=[browser]), make_line(identifiers=both)]
    import_rows(lines=lines, digest="d" * 64, source="test", at=JUNE_1)
    sequence_all()
    client.force_login(User.objects.create_superuser("officer"))
    return client


def address(model: type[models.Model], page: str, *keys: int | str) -> str:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
    return reverse(name, args=[quote(key) for key in keys])


@pytest.mark.parametrize("model", MODELS)
def test_evidence_is_listed_and_shown_but_not_changed(officer: Client, model: type[models.Model]) -> None:
    row = model._default_manager.order_by("pk").first()
    assert row is not None

    assert officer.get(address(model, "changelist")).status_code == 200
    assert officer.get(address(model, "change", row.pk)).status_code == 200
    assert officer.post(address(model, "change", row.pk), {}).status_code == 403
    assert officer.get(address(model, "add")).status_code == 403
    assert officer.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403


def test_records_are_found_by_their_subject_only_whole(officer: Client) -> None:
    record = ConsentRecord.objects.order_by("pk").first()
    assert record is not None
    page = address(ConsentRecord, "changelist")

    found = officer.get(page, {"q": record.subject_id}).content.decode()
    part = officer.get(page, {"q": record.subject_id[:12]}).content.decode()

    assert address(ConsentRecord, "change", record.pk) in found
    assert address(ConsentRecord, "change", record.pk) not in part


@pytest.mark.parametrize("model", [Leaf, ConsentRecord])
def test_a_list_does_not_ask_for_each_row(
    officer: Client, model: type[models.Model], django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(16):  # type: ignore[operator]  # a fixture, typed by its plugin only
        officer.get(address(model, "changelist"))


def test_rejected_lines_are_told_one_by_one_and_what_is_told_stays_text(officer: Client) -> None:
    import_rows(lines=[b"{", b"[]"], digest="e" * 64, source="shop", at=JUNE_1)
    run = ImportRun.objects.get(digest="e" * 64)
    run.faults = [*run.faults, [3, "unknown_field", "<script>alert(1)</script>"]]
    run.save(update_fields=["faults"])

    page = officer.get(address(ImportRun, "change", run.pk)).content.decode()

    assert "<li>line 1: not JSON" in page
    assert "<li>line 2: " in page
    assert "<li>line 3: &lt;script&gt;" in page
    assert "<script>alert(1)" not in page
