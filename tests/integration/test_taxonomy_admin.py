"""What officers see and do with the taxonomy in the admin."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from consent.policies.models import TaxonomyTerm
from tests.policy_officers import JAN_1, make_officer
from tests.trail_world import list_facts

pytestmark = pytest.mark.django_db

TERMS = "admin:consent_policies_taxonomyterm"


@pytest.fixture
def officer(client: Client) -> Client:
    return sign_in(client, "view", "add", "change", "delete")


def sign_in(client: Client, *permissions: str) -> Client:
    officer = make_officer("alice")
    officer.is_staff = True
    officer.save()
    names = [f"{permission}_taxonomyterm" for permission in permissions]
    officer.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(officer)
    return client


def make_row(key: str = "marketing.letters", **changes: object) -> TaxonomyTerm:
    return TaxonomyTerm.objects.create(
        **{"kind": "data_use", "key": key, "name": "Letters", "changed_at": JAN_1, **changes}
    )


def add(client: Client, **changes: str) -> str:
    fields = {"kind": "data_use", "key": "marketing.letters", "name": "Letters", "active": "on"}
    return client.post(reverse(f"{TERMS}_add"), {**fields, **changes}, follow=True).content.decode()


def test_an_officer_adds_a_term_and_the_ledger_tells_who(officer: Client) -> None:
    add(officer)

    row = TaxonomyTerm.objects.get()
    assert (row.key, row.source, row.active) == ("marketing.letters", "officer", True)
    assert [entry.kind for entry in list_facts()] == ["taxonomy_term_written"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"key": "Marketing"}, "Write the key of a data use or data category as"),
        ({"key": "marketting.letters"}, "&#x27;marketting&#x27;, is not known: add it first"),
        ({"kind": "data_subject"}, "of a data subject as lower-case letters"),
        ({"name": " "}, "This field is required"),
    ],
)
def test_a_term_that_cannot_be_is_refused_in_plain_words(
    officer: Client, changes: dict[str, str], words: str
) -> None:
    assert words in add(officer, **changes)
    assert not TaxonomyTerm.objects.exists()


def test_a_term_that_is_there_is_refused(officer: Client) -> None:
    make_row()

    assert "This kind has a term with this key already" in add(officer)
    assert TaxonomyTerm.objects.count() == 1


def test_an_officer_switches_off_a_term_from_fides_and_it_is_then_the_officers(officer: Client) -> None:
    row = make_row(source="fides", file="fides.yml")

    officer.post(reverse(f"{TERMS}_change", args=[row.pk]), {"name": "Letters", "key": "other"})

    row.refresh_from_db()
    assert (row.key, row.active, row.source, row.file) == ("marketing.letters", False, "officer", "")


def test_nobody_deletes_a_term(officer: Client) -> None:
    row = make_row()

    assert officer.post(reverse(f"{TERMS}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert TaxonomyTerm.objects.exists()


def test_terms_are_filtered_searched_and_paged(officer: Client) -> None:
    for number in range(60):
        make_row(f"marketing.letters{number}", active=number % 2 == 0)

    address = reverse(f"{TERMS}_changelist")
    first = officer.get(address).content.decode()
    found = officer.get(address, {"q": "letters59", "active__exact": "0"}).content.decode()

    assert len(set(re.findall(r"marketing\.letters\d+", first))) == 50
    assert "marketing.letters59" in found
    assert "marketing.letters58" not in found


def test_a_page_lists_all_that_a_policy_may_name(officer: Client) -> None:
    make_row()
    make_row("sales", name="Sales", active=False)

    page = officer.get(reverse(f"{TERMS}_vocabulary")).content.decode()

    for words in (
        "marketing.letters",
        "analytics.reporting",
        "user.contact.email",
        "customer",
        "switched off",
    ):
        assert words in page
    assert "deprecated: use personalize.content.profiling" in page


def test_who_may_not_view_terms_sees_no_page_of_them(client: Client) -> None:
    assert sign_in(client).get(reverse(f"{TERMS}_vocabulary")).status_code == 403
