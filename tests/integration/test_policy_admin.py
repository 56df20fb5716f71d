"""What officers see and do with policies in the admin."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from consent.policies import services
from consent.policies.document.writing import write_yaml
from consent.policies.models import PolicyVersion, Purpose
from consent.policies.types import ImportedPolicy, PolicyStatus
from tests.policy_documents import make_document, spoil
from tests.policy_officers import (
    FEB_1,
    JAN_1,
    make_approved,
    make_draft,
    make_officer,
    make_published,
    make_submitted,
    see,
)

pytestmark = pytest.mark.django_db

VERSIONS = "admin:consent_policies_policyversion"
PURPOSES = "admin:consent_policies_purpose"
ALL = ("view", "submit", "approve", "publish")


def sign_in(client: Client, name: str, *permissions: str) -> User:
    """Sign in an officer who holds `permissions` on policy versions, and may view purposes."""
    officer = make_officer(name)
    officer.is_staff = True
    officer.save()
    names = [f"{permission}_policyversion" for permission in permissions]
    officer.user_permissions.set(Permission.objects.filter(codename__in=[*names, "view_purpose"]))
    client.force_login(officer)
    return officer


def press(client: Client, step: str, draft: ImportedPolicy, **fields: str) -> Any:
    """Submit a step's dialog, and follow to the page it leads to."""
    address = reverse(f"{VERSIONS}_{step}", args=[draft.version_id])
    return client.post(address, {"_form_submitted": "True", **fields}, follow=True)


def status_of(draft: ImportedPolicy) -> str:
    return PolicyVersion.objects.get(pk=draft.version_id).status


def said(page: Any) -> list[str]:
    return [str(message) for message in page.context["messages"]]


def offered(page: HttpResponseBase, draft: ImportedPolicy) -> set[str]:
    """Return the steps that a version's page offers."""
    assert isinstance(page, HttpResponse)
    body = page.content.decode()
    steps = ("submit", "acknowledge", "approve", "send_back", "publish")
    return {step for step in steps if reverse(f"{VERSIONS}_{step}", args=[draft.version_id]) in body}


def test_versions_are_listed_with_their_status_and_digest(client: Client) -> None:
    draft = make_published(FEB_1)
    sign_in(client, "bob", "view")

    page = client.get(reverse(f"{VERSIONS}_changelist")).content.decode()

    for words in ("shop 1", "in force", draft.digest[:19], "alice", "bob"):
        assert words in page


def test_a_list_of_versions_costs_the_same_however_many(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    sign_in(client, "bob", "view")
    for _ in range(5):
        make_draft()

    with django_assert_max_num_queries(10):
        client.get(reverse(f"{VERSIONS}_changelist"))


def test_a_version_is_shown_as_yaml(client: Client) -> None:
    draft = make_draft()
    sign_in(client, "bob", "view")

    page = client.get(reverse(f"{VERSIONS}_change", args=[draft.version_id])).content.decode()

    assert "purposes: [marketing.email]" in page
    assert draft.digest in page


def test_markup_in_a_policy_is_shown_and_never_obeyed(client: Client) -> None:
    attack = "<script>alert(1)</script>"
    text = spoil(make_document(), "purposes", "service.orders", "title", value=attack)
    text = spoil(text, "purposes", "service.orders", "description", value=attack)
    text = spoil(text, "title", value=attack)
    draft = services.import_policy(text=write_yaml(text), author_id=make_officer("alice").pk, at=JAN_1)
    purpose = Purpose.objects.get(version_id=draft.version_id, slug="service.orders")
    sign_in(client, "bob", *ALL)

    for address in (
        reverse(f"{VERSIONS}_changelist"),
        reverse(f"{VERSIONS}_change", args=[draft.version_id]),
        reverse(f"{PURPOSES}_changelist"),
        reverse(f"{PURPOSES}_change", args=[purpose.pk]),
    ):
        page = client.get(address).content.decode()
        assert attack not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_an_officer_submits_another_approves_and_publishes(client: Client) -> None:
    draft = make_draft()
    alice = sign_in(client, "alice", *ALL)
    page = press(client, "submit", draft)
    assert said(page) == ["Submitted. Another officer can simulate and approve it now."]
    assert status_of(draft) == PolicyStatus.IN_REVIEW

    figures = see(draft)
    confirmed = {"confirmed_digest": draft.digest, "confirmed_figures": figures}
    page = press(client, "approve", draft, **confirmed)
    assert said(page) == ["Not done: shop 1 must be approved by somebody else than its author."]
    assert status_of(draft) == PolicyStatus.IN_REVIEW

    bob = sign_in(client, "bob", *ALL)
    page = press(client, "approve", draft, **confirmed)
    assert said(page) == ["Approved. It can be published now."]

    page = press(client, "publish", draft)
    assert said(page) == ["Published and in force."]
    row = PolicyVersion.objects.get(pk=draft.version_id)
    assert (row.status, row.author_id, row.approver_id) == (PolicyStatus.PUBLISHED, alice.pk, bob.pk)


def test_a_dialog_shows_the_digest_that_will_be_confirmed(client: Client) -> None:
    draft = make_submitted()
    sign_in(client, "bob", *ALL)

    page = client.get(reverse(f"{VERSIONS}_approve", args=[draft.version_id])).content.decode()

    assert draft.digest in page
    assert status_of(draft) == PolicyStatus.IN_REVIEW


@pytest.mark.parametrize("digest", ["", "sha256:" + "0" * 64])
def test_an_approval_of_another_text_is_refused(client: Client, digest: str) -> None:
    draft = make_submitted()
    sign_in(client, "bob", *ALL)

    press(client, "approve", draft, confirmed_digest=digest, confirmed_figures=see(draft))

    assert status_of(draft) == PolicyStatus.IN_REVIEW


@pytest.mark.parametrize(
    ("make", "step"), [(make_draft, "submit"), (make_submitted, "approve"), (make_approved, "publish")]
)
def test_looking_at_a_dialog_changes_nothing(client: Client, make: Any, step: str) -> None:
    draft = make()
    before = status_of(draft)
    sign_in(client, "bob", *ALL)

    page = client.get(reverse(f"{VERSIONS}_{step}", args=[draft.version_id]))

    assert page.status_code == 200
    assert status_of(draft) == before


@pytest.mark.parametrize(
    ("make", "step"), [(make_draft, "submit"), (make_submitted, "approve"), (make_approved, "publish")]
)
def test_a_form_from_elsewhere_is_refused(make: Any, step: str) -> None:
    draft = make()
    before = status_of(draft)
    client = Client(enforce_csrf_checks=True)
    sign_in(client, "bob", *ALL)

    page = press(client, step, draft, confirmed_digest=draft.digest)

    assert page.status_code == 403
    assert status_of(draft) == before


@pytest.mark.parametrize(
    ("make", "step", "permission"),
    [
        (make_draft, "submit", "submit"),
        (make_submitted, "approve", "approve"),
        (make_approved, "publish", "publish"),
    ],
)
def test_each_step_needs_its_own_permission(client: Client, make: Any, step: str, permission: str) -> None:
    draft = make()
    before = status_of(draft)
    sign_in(client, "carol", *set(ALL) - {permission})

    page = press(client, step, draft, confirmed_digest=draft.digest)

    assert page.status_code == 403
    assert status_of(draft) == before
    page = client.get(reverse(f"{VERSIONS}_change", args=[draft.version_id]))
    assert step not in offered(page, draft)


@pytest.mark.parametrize(
    ("make", "steps"),
    [
        (make_draft, {"submit"}),
        (make_submitted, {"approve", "send_back"}),
        (make_approved, {"publish"}),
        (make_published, set()),
    ],
)
def test_a_page_offers_only_the_next_step(client: Client, make: Any, steps: set[str]) -> None:
    draft = make()
    sign_in(client, "bob", *ALL)

    page = client.get(reverse(f"{VERSIONS}_change", args=[draft.version_id]))

    assert offered(page, draft) == steps


def test_the_dialogs_answer_leads_the_browser_back_to_the_version(client: Client) -> None:
    draft = make_draft()
    sign_in(client, "alice", *ALL)

    answer = client.post(
        reverse(f"{VERSIONS}_submit", args=[draft.version_id]),
        {"_form_submitted": "True"},
        headers={"HX-Request": "true"},
    )

    assert answer.headers["HX-Redirect"] == reverse(f"{VERSIONS}_change", args=[draft.version_id])


@pytest.mark.parametrize("address", ["word", "999999999", "1/2", "٣"])
@pytest.mark.parametrize("step", ["submit", "approve", "publish"])
def test_a_step_of_a_version_that_does_not_exist_changes_nothing(
    client: Client, step: str, address: str
) -> None:
    make_draft()
    sign_in(client, "bob", *ALL)

    for answer in (
        client.get(reverse(f"{VERSIONS}_{step}", args=[address])),
        client.post(reverse(f"{VERSIONS}_{step}", args=[address]), {"_form_submitted": "True"}),
    ):
        assert answer.status_code in {200, 302, 404}


def test_a_version_is_never_added_or_deleted_by_hand(client: Client) -> None:
    draft = make_draft()
    client.force_login(User.objects.create_superuser("root"))

    assert client.get(reverse(f"{VERSIONS}_add")).status_code == 403
    assert client.get(reverse(f"{VERSIONS}_delete", args=[draft.version_id])).status_code == 403
    assert client.post(reverse(f"{VERSIONS}_delete", args=[draft.version_id])).status_code == 403


def test_purposes_are_searched_and_filtered(client: Client) -> None:
    draft = make_draft()
    make_draft(key="other")
    sign_in(client, "bob")

    filters = {"q": "e-mail", "version__id__exact": str(draft.version_id)}
    page = client.get(reverse(f"{PURPOSES}_changelist"), filters)

    assert [row.slug for row in page.context["cl"].result_list] == ["marketing.email"]


def test_an_officer_without_permission_sees_no_policy(client: Client) -> None:
    draft = make_draft()
    officer = make_officer("dora")
    officer.is_staff = True
    officer.save()
    client.force_login(officer)

    assert client.get(reverse(f"{VERSIONS}_changelist")).status_code == 403
    assert client.get(reverse(f"{VERSIONS}_change", args=[draft.version_id])).status_code == 403
