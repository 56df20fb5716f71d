"""Who may edit a draft, and that nobody overwrites what they have not seen."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from consent.policies import queries, services
from consent.policies.document.writing import write_yaml
from consent.policies.models import (
    AgeBand,
    Controller,
    NoticeText,
    NoticeVersion,
    PolicyStep,
    Purpose,
    Rule,
)
from consent.policies.models.part import Part
from consent.policies.rows import read_rows
from consent.policies.types import ImportedPolicy
from tests.policy_documents import make_document, spoil
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
from tests.policy_officers import (
    JAN_1,
    make_approved,
    make_draft,
    make_officer,
    make_published,
    make_submitted,
)

pytestmark = pytest.mark.django_db

NO_DRAFT: tuple[Callable[..., ImportedPolicy], ...] = (make_submitted, make_approved, make_published)


def edit_title(client: Client, address: str, title: str, page: Any = None) -> Any:
    """Save another title, on the page as it was opened."""
    return client.post(address, {**fields_of(page or client.get(address)), "title": title})


@pytest.mark.parametrize("opened", ["row", "version"])
def test_the_second_of_two_officers_is_told_and_loses_nothing(client: Client, opened: str) -> None:
    draft, second = make_draft(), Client()
    sign_in_editor(client, "alice")
    sign_in_editor(second, "bob")
    purpose = row_of(draft, Purpose)
    address = address_of(purpose) if opened == "row" else address_of(version_of(draft))
    seen = second.get(address)
    edit_title(client, address_of(row_of(draft, Controller)), "Alice was here")
    after_alice = version_of(draft)

    page = edit_title(second, address, "Bob was here", seen)

    refusal = "Not saved: somebody changed shop 1 since you opened it: open it again, then edit."
    assert errors_of(page)["__all__"] == [refusal]
    assert refusal in page.content.decode()
    assert 'value="Bob was here"' in page.content.decode()
    assert version_of(draft).digest == after_alice.digest
    assert version_of(draft).title == "Shop policy"
    assert Purpose.objects.get(pk=purpose.pk).title == purpose.title
    assert not PolicyStep.objects.filter(officer__username="bob").exists()


def test_a_page_whose_row_somebody_deleted_meanwhile_is_told(client: Client) -> None:
    draft, second = make_draft(), Client()
    sign_in_editor(client, "alice")
    sign_in_editor(second, "bob")
    address = address_of(version_of(draft))
    seen = second.get(address)
    Purpose.objects.filter(version_id=draft.version_id).delete()
    services.seal_draft(version_id=draft.version_id, officer_id=make_officer("alice").pk, at=JAN_1)

    page = edit_title(second, address, "Bob was here", seen)

    assert "somebody changed shop 1" in errors_of(page)["__all__"][0]


def test_a_row_is_not_deleted_from_a_draft_that_somebody_changed_meanwhile(client: Client) -> None:
    draft, second = make_draft(), Client()
    sign_in_editor(client, "alice")
    sign_in_editor(second, "bob")
    rule = row_of(draft, Rule)
    question = second.get(address_of(rule, "delete"))
    edit_title(client, address_of(row_of(draft, Purpose)), "Alice was here")

    sent = {"post": "yes", "opened_digest": question.context["opened_digest"]}
    page = second.post(address_of(rule, "delete"), sent, follow=True)

    assert "Not deleted: somebody changed shop 1" in page.content.decode()
    assert Rule.objects.filter(pk=rule.pk).exists()


@pytest.mark.parametrize("digest", ["", "sha256:" + "0" * 64])
def test_a_save_that_does_not_say_what_was_opened_is_refused(client: Client, digest: str) -> None:
    draft = make_draft()
    sign_in_editor(client)
    address = address_of(row_of(draft, Purpose))

    page = client.post(address, {**fields_of(client.get(address)), "title": "x", "opened_digest": digest})

    assert "somebody changed" in errors_of(page)["__all__"][0]
    assert version_of(draft).digest == draft.digest


@pytest.mark.parametrize("make", NO_DRAFT)
@pytest.mark.parametrize("model", PAGES)
def test_no_row_of_a_version_that_is_no_draft_is_edited_through_any_address(
    client: Client, make: Callable[..., ImportedPolicy], model: type[Part]
) -> None:
    version = make()
    client.force_login(User.objects.create_superuser("root"))
    row = row_of(version, model)
    parent = {"notice": row.notice_id} if isinstance(row, NoticeVersion) else {"version": version.version_id}

    page = client.get(address_of(row))
    sent = {"title": "x", "opened_digest": version.digest, "slug": "new", "post": "yes"}

    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert client.post(address_of(row), sent).status_code == 403
    assert client.get(address_of(row, "delete")).status_code == 403
    assert client.post(address_of(row, "delete"), sent).status_code == 403
    assert 'name="slug"' not in client.post(add_address(model, **parent), sent).content.decode()
    assert read_rows(version_of(version)) == queries.get_document(version_id=version.version_id)


@pytest.mark.parametrize("make", NO_DRAFT)
def test_the_page_of_a_version_that_is_no_draft_is_read(
    client: Client, make: Callable[..., ImportedPolicy]
) -> None:
    version = make()
    client.force_login(User.objects.create_superuser("root"))
    address = address_of(version_of(version))

    page = client.get(address)

    assert 'name="_save"' not in page.content.decode()
    assert "Add purpose" not in page.content.decode()
    assert client.post(address, {"title": "x", "opened_digest": version.digest}).status_code == 403
    assert version_of(version).title in {"Shop policy", "Shop"}


def test_a_draft_that_was_submitted_meanwhile_is_not_changed(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)
    address = address_of(row_of(draft, Purpose))
    seen = client.get(address)
    services.submit_for_review(version_id=draft.version_id, at=JAN_1)

    assert edit_title(client, address, "x", seen).status_code == 403
    assert version_of(draft).digest == draft.digest


def test_no_row_of_another_version_is_reached_through_a_drafts_page(client: Client) -> None:
    published, draft = make_published(), make_draft(key="other")
    sign_in_editor(client)
    address = address_of(version_of(draft))
    theirs = row_of(published, Purpose)
    typed = {"purpose_rows-0-id": str(theirs.pk), "purpose_rows-0-title": "Stolen"}

    client.post(address, {**fields_of(client.get(address)), **typed})

    assert version_of(draft).digest == draft.digest
    assert Purpose.objects.get(pk=theirs.pk).title == theirs.title
    assert not Purpose.objects.filter(title="Stolen").exists()


@pytest.mark.parametrize("act", ["change", "delete", "add"])
def test_each_act_needs_its_permission(client: Client, act: str) -> None:
    draft = make_draft()
    sign_in_editor(client, purpose=act)
    purpose = row_of(draft, Purpose)
    address = {
        "change": address_of(purpose),
        "delete": address_of(purpose, "delete"),
        "add": add_address(Purpose, version=draft.version_id),
    }[act]

    refused = client.post(address, {"title": "x", "post": "yes", "opened_digest": draft.digest})

    assert refused.status_code == 403
    assert version_of(draft).digest == draft.digest
    if act == "change":
        page = client.get(address_of(version_of(draft)))
        client.post(address_of(version_of(draft)), {**fields_of(page), "purpose_rows-0-title": "x"})
        assert 'name="purpose_rows-0-title"' not in page.content.decode()
        assert version_of(draft).digest == draft.digest


def test_the_title_of_a_draft_needs_a_permission(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client, policyversion="change")
    address = address_of(version_of(draft))

    assert client.post(address, {"title": "x", "opened_digest": draft.digest}).status_code == 403
    assert version_of(draft).title == "Shop policy"


def test_what_hangs_from_a_rule_needs_a_permission_of_its_own(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client, ageband="change")
    address = address_of(row_of(draft, Rule))
    sent = {**fields_of(client.get(address)), "bands-0-under": "5", "bands-0-effect": "barred"}

    client.post(address, sent)

    assert not AgeBand.objects.filter(under=5).exists()


def test_markup_is_shown_and_never_obeyed(client: Client) -> None:
    attack = "<script>alert(1)</script>"
    text = make_document()
    for steps in (
        ("title",),
        ("controllers", "shop", "title"),
        ("purposes", "service.orders", "title"),
        ("purposes", "service.orders", "description"),
        ("notices", "privacy", "title"),
        ("destinations", "ads", "title"),
    ):
        text = spoil(text, *steps, value=attack)
    draft = services.import_policy(text=write_yaml(text), author_id=make_officer("alice").pk, at=JAN_1)
    Rule.objects.filter(slug="orders").update(purposes=[attack])
    NoticeText.objects.update(text=attack)
    services.seal_draft(version_id=draft.version_id, officer_id=make_officer("alice").pk, at=JAN_1)
    sign_in_editor(client)
    rows = [row_of(draft, model) for model in PAGES]
    lists = [reverse(f"admin:consent_policies_{model._meta.model_name}_changelist") for model in PAGES]
    pages = [address_of(row) for row in rows] + [address_of(row, "delete") for row in rows]

    for address in (
        *lists,
        *pages,
        address_of(version_of(draft)),
        add_address(Rule, version=draft.version_id),
    ):
        page = client.get(address)
        assert page.status_code == 200, address
        assert attack not in page.content.decode(), address


@pytest.mark.parametrize("model", PAGES)
def test_a_list_costs_the_same_however_many_rows_and_versions(
    client: Client, model: type[Part], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    sign_in_editor(client)
    for _ in range(4):
        make_draft()

    with django_assert_max_num_queries(9):
        page = client.get(reverse(f"admin:consent_policies_{model._meta.model_name}_changelist"))

    assert len(page.context["cl"].result_list) >= 4


def test_lists_are_filtered_by_version_drafts_first(client: Client) -> None:
    published = make_published()
    draft = make_draft(key="other")
    sign_in_editor(client)
    address = reverse("admin:consent_policies_noticeversion_changelist")

    page = client.get(address, {"version__id__exact": str(draft.version_id)})

    chosen = page.context["cl"]
    assert {row.notice.version_id for row in chosen.result_list} == {draft.version_id}
    offered = [title for _, title in chosen.filter_specs[0].lookup_choices]
    assert offered == ["other 1 (draft)", f"shop {published.version} (published)"]


@pytest.mark.parametrize("value", ["x", "9" * 40, "-1"])
def test_a_filter_that_names_no_version_shows_no_rows(client: Client, value: str) -> None:
    make_draft()
    sign_in_editor(client)
    address = reverse("admin:consent_policies_purpose_changelist")

    page = client.get(address, {"version__id__exact": value})

    assert list(page.context["cl"].result_list) == []


def test_a_versions_page_shows_its_history(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)

    page = client.get(address_of(version_of(draft))).content.decode()

    assert "2026-01-01 00:00 imported by alice" in page


def test_the_text_of_a_notice_shows_its_digest(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)

    page = client.get(address_of(row_of(draft, NoticeVersion))).content.decode()

    assert NoticeText.objects.get(notice_version=row_of(draft, NoticeVersion)).digest in page
