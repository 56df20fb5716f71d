"""A policy of 500 purposes opens and saves, within what Django takes in one request."""

from copy import deepcopy

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from consent.policies import queries, services
from consent.policies.document.writing import write_yaml
from consent.policies.models import Purpose, Rule
from consent.policies.types import ImportedPolicy
from tests.policy_documents import make_document
from tests.policy_editor import address_of, errors_of, fields_of, row_of, sign_in_editor, version_of
from tests.policy_officers import JAN_1, make_officer

pytestmark = pytest.mark.django_db

PURPOSES = 500


@pytest.fixture
def large() -> ImportedPolicy:
    """Import a draft of 500 purposes, as many rules, and 200 destinations."""
    document = make_document()
    purpose, rule = document["purposes"]["service.orders"], document["rules"][1]
    destination = document["destinations"]["mailer"]
    for number in range(PURPOSES - len(document["purposes"])):
        document["purposes"][f"large.p{number:03}"] = deepcopy(purpose)
        named = {"id": f"large-{number}", "purposes": [f"large.p{number:03}"]}
        document["rules"].append({**deepcopy(rule), **named})
    for number in range(200):
        document["destinations"][f"large-{number}"] = deepcopy(destination)
    return services.import_policy(text=write_yaml(document), author_id=make_officer("alice").pk, at=JAN_1)


def test_a_large_draft_opens_and_saves_page_by_page(client: Client, large: ImportedPolicy) -> None:
    sign_in_editor(client)
    address = f"{address_of(version_of(large))}?purpose_rows-page=3"

    page = client.get(address)
    sent = {**fields_of(page), "purpose_rows-0-title": "On the third page"}
    saved = client.post(address, sent)

    assert len(sent) < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    assert saved.status_code == 302, errors_of(saved)
    assert saved.headers["Location"] == address
    thirty_first = sorted((queries.get_document(version_id=large.version_id) or {})["purposes"])[30]
    assert Purpose.objects.get(title="On the third page").slug == thirty_first
    assert version_of(large).digest != large.digest


def test_a_rule_of_a_large_draft_opens_and_saves(client: Client, large: ImportedPolicy) -> None:
    sign_in_editor(client)
    address = address_of(row_of(large, Rule, slug="large-7"))

    page = client.get(address)
    saved = client.post(address, {**fields_of(page), "assessment": "A-1"})

    assert saved.status_code == 302, errors_of(saved)
    assert Rule.objects.get(slug="large-7").assessment == "A-1"


def test_many_faults_are_counted_and_only_the_first_are_shown(
    client: Client, large: ImportedPolicy, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    sign_in_editor(client)
    Purpose.objects.filter(version_id=large.version_id).update(data_categories=["gone"])
    services.seal_draft(version_id=large.version_id, officer_id=make_officer("alice").pk, at=JAN_1)

    with django_assert_max_num_queries(60):
        page = client.get(address_of(version_of(large)))

    to_mend = page.context["to_mend"]
    assert (to_mend.total, len(to_mend.first)) == (PURPOSES, 25)
    assert all(one.page for one in to_mend.first)
    assert "And 475 more" in page.content.decode()
