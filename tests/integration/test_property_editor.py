"""Request properties in the editor of drafts: declared, picked where they are named, and registered."""

from typing import Any

import pytest
from django.test import Client

from consent.kernel import canonical
from consent.policies.models import DestinationPermission, PolicyVersion, RequestProperty, Rule
from consent.policies.types import ImportedPolicy
from tests.policy_documents import make_document
from tests.policy_editor import (
    add_address,
    address_of,
    errors_of,
    fields_of,
    row_of,
    sign_in_editor,
    version_of,
)
from tests.policy_officers import make_draft

pytestmark = pytest.mark.django_db


def document_of(draft: ImportedPolicy) -> dict[str, Any]:
    document: dict[str, Any] = canonical.loads(version_of(draft).document)
    return document


def offered_in(page: Any, prefix: str) -> list[str]:
    """Return the properties that the first row of the inline `prefix` lets people pick from."""
    [formset] = [one.formset for one in page.context["inline_admin_formsets"] if one.formset.prefix == prefix]
    return [name for name, _ in formset.empty_form.fields["property"].choices]


def test_a_property_is_declared_with_its_values_one_a_line(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)
    address = add_address(RequestProperty, version=draft.version_id)
    typed = {
        "name": "resource.status",
        "title": "Status",
        "type": "text",
        "values": "active\r\n\r\nin use\r\n",
    }

    saved = client.post(address, {**fields_of(client.get(address)), **typed})

    assert saved.status_code == 302, errors_of(saved)
    assert document_of(draft)["properties"]["resource.status"] == {
        "title": "Status",
        "type": "text",
        "values": ["active", "in use"],
    }


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"name": "status"}, {"name": "Expected a property such as"}),
        ({"name": "resource.region"}, {"name": "This version has one of that name already."}),
        ({"type": "number"}, {"values": "Only text has a list of all its values."}),
        ({"type": "date"}, {"type": "not one of the available choices"}),
        ({"title": " "}, {"title": "This field cannot be blank."}),
    ],
)
def test_what_is_no_property_is_refused_at_its_field(
    client: Client, typed: dict[str, str], told: dict[str, str]
) -> None:
    draft = make_draft()
    sign_in_editor(client)
    address = add_address(RequestProperty, version=draft.version_id)
    good = {"name": "resource.status", "title": "Status", "type": "text", "values": "active"}

    page = client.post(address, {**fields_of(client.get(address)), **good, **typed})

    found = errors_of(page)
    assert page.status_code == 200
    assert {name: words in found[name][0] for name, words in told.items()} == dict.fromkeys(told, True)
    assert version_of(draft).digest == draft.digest


def test_what_is_saved_untouched_stays_to_the_byte(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)
    for row in (
        *RequestProperty.objects.filter(version=draft.version_id),
        *DestinationPermission.objects.filter(version=draft.version_id),
        *Rule.objects.filter(version=draft.version_id),
    ):
        page = client.get(address_of(row))
        assert client.post(address_of(row), fields_of(page)).status_code == 302

    assert version_of(draft).digest == draft.digest


def test_a_conditions_property_is_picked_from_those_declared(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)
    address = address_of(row_of(draft, Rule, slug="email-consent"))
    page = client.get(address)

    assert offered_in(page, "conditions") == ["", *sorted(make_document()["properties"])]
    picked = {"conditions-0-property": "subject.tier", "conditions-0-value": '["gold"]'}
    saved = client.post(address, {**fields_of(page), **picked})
    assert saved.status_code == 302, errors_of(saved)
    [condition] = document_of(draft)["rules"][0]["conditions"]
    assert condition == {"property": "subject.tier", "operator": "in", "value": ["gold"]}

    made_up = client.post(
        address, {**fields_of(client.get(address)), "conditions-0-property": "subject.size"}
    )
    assert "not one of the available choices" in errors_of(made_up)["conditions-0-property"][0]


def test_a_condition_is_added_to_a_rule_that_is_not_there_yet(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)
    page = client.get(add_address(Rule, version=draft.version_id))

    assert offered_in(page, "conditions") == ["", *sorted(make_document()["properties"])]


def test_a_name_that_is_declared_no_longer_stays_until_it_is_taken_out(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)
    declared = row_of(draft, RequestProperty, name="resource.region")
    question = client.get(address_of(declared, "delete"))
    client.post(
        address_of(declared, "delete"), {"post": "yes", "opened_digest": question.context["opened_digest"]}
    )
    address = address_of(row_of(draft, Rule, slug="email-consent"))

    page = client.get(address)

    assert b"resource.region (not declared)" in page.content
    assert b"is not declared under properties" in page.content
    assert client.post(address, fields_of(page)).status_code == 302
    assert document_of(draft)["rules"][0]["conditions"][0]["property"] == "resource.region"


def test_what_is_known_of_a_destination_is_registered_on_its_page(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)
    address = address_of(row_of(draft, DestinationPermission, slug="ads"))
    page = client.get(address)

    assert offered_in(page, "registered") == ["", "resource.is_public", "resource.region"]
    added = {"registered-TOTAL_FORMS": "1", "registered-0-property": "resource.region"}
    refused = client.post(address, {**fields_of(page), **added, "registered-0-value": "two words"})
    assert errors_of(refused)["registered-0-value"]
    saved = client.post(address, {**fields_of(page), **added, "registered-0-value": "eu-2"})

    assert saved.status_code == 302, errors_of(saved)
    assert document_of(draft)["destinations"]["ads"]["properties"] == {"resource.region": "eu-2"}


def test_a_version_that_is_no_draft_is_read(client: Client) -> None:
    draft = make_draft()
    PolicyVersion.objects.filter(pk=draft.version_id).update(status="in_review")
    sign_in_editor(client)

    for row in (row_of(draft, RequestProperty), row_of(draft, DestinationPermission, slug="mailer")):
        assert client.get(address_of(row)).status_code == 200
        assert client.post(address_of(row), {}).status_code == 403
