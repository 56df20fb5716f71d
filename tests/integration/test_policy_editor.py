"""How officers edit drafts in the admin: what they change, and that they change nothing else."""

from typing import Any

import pytest
from django.test import Client

from consent.policies import queries, services
from consent.policies.models import (
    Notice,
    NoticeText,
    NoticeVersion,
    PolicyStep,
    PolicyVersion,
    Purpose,
    Rule,
    RuleCondition,
    RuleObligation,
)
from consent.policies.models.part import Part
from consent.policies.types import ImportedPolicy, StepKind
from tests.policy_editor import (
    PAGES,
    add_address,
    address_of,
    errors_of,
    fields_of,
    row_of,
    sign_in_editor,
    version_of,
)
from tests.policy_officers import JAN_1, make_draft, make_officer, see

pytestmark = pytest.mark.django_db

NASTY = "\n  Two\tlines, \u2028 and blanks \n\n"


def seal(draft: ImportedPolicy) -> str:
    return services.seal_draft(version_id=draft.version_id, officer_id=make_officer("alice").pk, at=JAN_1)


def document_of(draft: ImportedPolicy) -> dict[str, Any]:
    document = queries.get_document(version_id=draft.version_id)
    assert document is not None
    return document


@pytest.mark.parametrize("model", PAGES)
def test_saving_a_page_untouched_changes_nothing(client: Client, model: type[Part]) -> None:
    draft = make_draft()
    sign_in_editor(client)
    address = address_of(row_of(draft, model))

    saved = client.post(address, fields_of(client.get(address)))

    assert saved.status_code == 302, errors_of(saved)
    assert version_of(draft).digest == draft.digest
    assert not PolicyStep.objects.filter(kind=StepKind.EDITED).exists()


def test_saving_a_version_untouched_changes_nothing(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)
    address = address_of(version_of(draft))

    saved = client.post(address, fields_of(client.get(address)))

    assert saved.status_code == 302, errors_of(saved)
    assert version_of(draft).digest == draft.digest
    assert queries.get_yaml(key="shop", version=1) == version_of(draft).source


def test_blanks_and_lines_that_nobody_touched_stay_to_the_byte(client: Client) -> None:
    draft = make_draft()
    Purpose.objects.filter(version_id=draft.version_id).update(description=NASTY, title=" Offers\t")
    NoticeText.objects.filter(notice_version__notice__version_id=draft.version_id).update(text=NASTY)
    RuleObligation.objects.filter(treatment="set").update(value="  ")
    RuleCondition.objects.update(value="")
    before = seal(draft)
    sign_in_editor(client)

    for model in (Purpose, NoticeVersion, Rule):
        address = address_of(row_of(draft, model))
        saved = client.post(address, fields_of(client.get(address)))
        assert saved.status_code == 302, errors_of(saved)

    assert version_of(draft).digest == before


def test_an_edit_changes_the_text_and_makes_the_officer_an_author_of_it(client: Client) -> None:
    draft = make_draft()
    bob = sign_in_editor(client, "bob")
    purpose = row_of(draft, Purpose, slug="service.orders")
    address = address_of(purpose)

    client.post(address, {**fields_of(client.get(address)), "title": " Your orders "})

    assert document_of(draft)["purposes"]["service.orders"]["title"] == "Your orders"
    step = PolicyStep.objects.get(version_id=draft.version_id, kind=StepKind.EDITED)
    assert (step.officer_id, step.digest) == (bob.pk, version_of(draft).digest)
    assert step.digest != draft.digest
    services.submit_for_review(version_id=draft.version_id, at=JAN_1)
    with pytest.raises(services.SelfApproval):
        services.approve(
            version_id=draft.version_id,
            approver_id=bob.pk,
            confirmed_digest=step.digest,
            confirmed_figures=see(draft),
            at=JAN_1,
        )


def test_a_row_is_added_to_the_draft_that_the_address_names(client: Client) -> None:
    draft, other = make_draft(), make_draft(key="other")
    sign_in_editor(client)
    address = add_address(Purpose, version=draft.version_id)
    typed = {"slug": "surveys", "title": "Surveys", "description": "Ask.", "data_use": "improve"}

    saved = client.post(address, {**fields_of(client.get(address)), **typed, "version": other.version_id})

    assert saved.headers["Location"] == f"{address_of(version_of(draft))}#purpose_rows"
    assert "surveys" in document_of(draft)["purposes"]
    assert version_of(other).digest == other.digest


def test_a_new_rule_stands_behind_the_others(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)
    address = add_address(Rule, version=draft.version_id)
    typed = {"slug": "late", "basis": "contract", "purposes": ["service.orders"], "jurisdictions": ["GB"]}

    client.post(address, {**fields_of(client.get(address)), **typed})

    assert [rule["id"] for rule in document_of(draft)["rules"]] == ["email-consent", "orders", "late"]


def test_a_notices_version_is_added_to_the_notice_and_its_text_to_it(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)
    address = add_address(NoticeVersion, notice=row_of(draft, Notice).pk)
    typed = {
        "number": "3",
        "published_at_0": "15/01/2026",
        "published_at_1": "00:00:00",
        "purposes": ["service.orders"],
        "texts-TOTAL_FORMS": "1",
        "texts-0-language": "de",
        "texts-0-text": "Was wir tun.\r\n\r\nMehr.",
    }

    saved = client.post(address, {**fields_of(client.get(address)), **typed})

    assert saved.status_code == 302, errors_of(saved)
    assert document_of(draft)["notices"]["privacy"]["versions"]["3"] == {
        "published_at": "2026-01-15T00:00:00Z",
        "purposes": ["service.orders"],
        "texts": {"de": "Was wir tun.\n\nMehr."},
    }


def test_names_keep_their_order_and_new_ones_come_last(client: Client) -> None:
    draft = make_draft()
    Rule.objects.filter(slug="email-consent").update(transfer_countries=["US", "EU", "GB"])
    seal(draft)
    sign_in_editor(client)
    address = address_of(row_of(draft, Rule, slug="email-consent"))

    picked = {"transfer_countries": ["EU", "AR", "GB", "US"]}
    client.post(address, {**fields_of(client.get(address)), **picked})

    assert Rule.objects.get(slug="email-consent").transfer_countries == ["US", "EU", "GB", "AR"]


def test_a_name_that_is_declared_no_longer_is_shown_and_kept(client: Client) -> None:
    draft = make_draft()
    gone = {"purposes": ["service.gone", "service.orders"], "notice": "gone", "oldest_notice_version": 1}
    Rule.objects.filter(slug="orders").update(**gone)
    seal(draft)
    sign_in_editor(client)
    address = address_of(row_of(draft, Rule, slug="orders"))

    page = client.get(address)
    client.post(address, {**fields_of(page), "assessment": "LIA-1"})

    assert "service.gone (not declared)" in page.content.decode()
    rule = Rule.objects.get(slug="orders")
    assert (rule.purposes, rule.notice) == (["service.gone", "service.orders"], "gone")


def test_a_name_that_nobody_declared_is_not_taken(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)
    address = address_of(row_of(draft, Rule, slug="orders"))

    page = client.post(address, {**fields_of(client.get(address)), "purposes": ["service.orders", "made.up"]})

    assert "made.up is not one of the available choices" in errors_of(page)["purposes"][0]
    assert version_of(draft).digest == draft.digest


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("gold", "gold"),
        ('"a b"', "a b"),
        ("18", 18),
        ("1.5", 1.5),
        ("true", True),
        ('["eu-1", 2]', ["eu-1", 2]),
        ('""', ""),
        ("007", "007"),
    ],
)
def test_a_conditions_value_is_json_or_a_bare_word(client: Client, typed: str, value: object) -> None:
    draft = make_draft()
    sign_in_editor(client)
    address = address_of(row_of(draft, Rule, slug="email-consent"))

    saved = client.post(address, {**fields_of(client.get(address)), "conditions-0-value": typed})

    assert saved.status_code == 302, errors_of(saved)
    assert document_of(draft)["rules"][0]["conditions"][0]["value"] == value


@pytest.mark.parametrize(
    "typed",
    ["", "two words", "{}", '{"a": 1}', "null", "[]", "[[1]]", "NaN", "1e400", "9" * 16, '"\\u0001"', '["a"'],
)
def test_a_value_that_no_policy_can_hold_is_refused_in_plain_words(client: Client, typed: str) -> None:
    draft = make_draft()
    sign_in_editor(client)
    address = address_of(row_of(draft, Rule, slug="email-consent"))

    page = client.post(address, {**fields_of(client.get(address)), "conditions-0-value": typed})

    assert page.status_code == 200
    assert errors_of(page)["conditions-0-value"]
    assert version_of(draft).digest == draft.digest


def test_a_control_character_is_refused_where_it_stands(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)
    address = address_of(row_of(draft, Purpose))

    page = client.post(address, {**fields_of(client.get(address)), "description": "bad \x0b here"})

    assert "control character" in errors_of(page)["description"][0]


def test_what_a_constraint_refuses_is_told_at_its_field(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)
    address = address_of(row_of(draft, Rule, slug="orders"))
    typed = {"slug": "email-consent", "validity": "13 months", "oldest_notice_version": "1"}

    page = client.post(address, {**fields_of(client.get(address)), **typed})

    assert errors_of(page) == {
        "slug": ["This version has a rule of that id already."],
        "validity": ["Expected a period of at least a day, such as 'P13M'."],
        "oldest_notice_version": ["A notice goes with its oldest version that counts (1 to 9999)."],
    }
    assert version_of(draft).digest == draft.digest


def test_sections_are_edited_together_on_the_versions_page(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)
    address = address_of(version_of(draft))
    typed = {
        "title": "New title",
        "purpose_rows-0-title": "Offers",
        "rule_rows-1-basis": "legal_obligation",
        "datacategory_rows-0-special": "on",
    }

    saved = client.post(address, {**fields_of(client.get(address)), **typed})

    assert saved.status_code == 302, errors_of(saved)
    document = document_of(draft)
    assert document["title"] == version_of(draft).title == "New title"
    assert document["purposes"]["marketing.email"]["title"] == "Offers"
    assert document["rules"][1]["basis"] == "legal_obligation"
    assert document["data_categories"]["contact.email"]["special"] is True
    assert PolicyStep.objects.filter(kind=StepKind.EDITED).count() == 1


def test_a_row_that_is_named_elsewhere_can_be_deleted_and_leaves_faults(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)
    purpose = row_of(draft, Purpose, slug="service.orders")
    question = client.get(address_of(purpose, "delete"))

    client.post(
        address_of(purpose, "delete"), {"post": "yes", "opened_digest": question.context["opened_digest"]}
    )

    page = client.get(address_of(version_of(draft)))
    to_mend = {one.place: one for one in page.context["to_mend"].first}
    assert set(to_mend) == {
        "Destination mailer: purposes, no. 2",
        "Purpose marketing.email: requires, no. 1",
        "Rule orders: purposes, no. 1",
    }
    rule = to_mend["Rule orders: purposes, no. 1"]
    assert rule.message == "'service.orders' is not declared under purposes"
    assert rule.page == address_of(row_of(draft, Rule, slug="orders"))
    assert "told once nothing is left to mend" in page.content.decode()
    own = client.get(rule.page).context["to_mend"]
    assert [one.place for one in own.first] == ["Rule orders: purposes, no. 1"]


def test_the_page_that_adds_a_row_asks_for_the_draft_if_there_are_several(client: Client) -> None:
    draft, other = make_draft(), make_draft(key="other")
    sign_in_editor(client)

    page = client.get(add_address(Purpose))

    offered = page.content.decode()
    assert f"?version={draft.version_id}" in offered
    assert f"?version={other.version_id}" in offered


def test_the_page_that_adds_a_row_takes_the_only_draft(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)

    page = client.get(add_address(Purpose))

    assert page.headers["Location"] == add_address(Purpose, version=draft.version_id)


def test_a_message_of_a_fault_that_names_a_rule_says_its_id(client: Client) -> None:
    draft = make_draft()
    Rule.objects.filter(slug="orders").update(purposes=["marketing.email"], jurisdictions=["GB"])
    seal(draft)
    sign_in_editor(client)

    page = client.get(address_of(PolicyVersion.objects.get(pk=draft.version_id)))

    assert any(
        "already ruled by the rule email-consent" in one.message for one in page.context["to_mend"].first
    )
