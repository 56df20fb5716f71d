"""What officers see and do with the law table in the admin."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from consent.policies.law.importing import import_law
from consent.policies.models import LAW_ROWS, AgeLimit, Duty, Jurisdiction
from tests.law_world import NOON
from tests.policy_officers import make_officer

pytestmark = pytest.mark.django_db

PLACES = "admin:consent_policies_jurisdiction"
LIMITS = "admin:consent_policies_agelimit"


@pytest.fixture(autouse=True)
def imported() -> None:
    import_law(at=NOON)


def sign_in(client: Client, *permissions: str) -> None:
    """Sign in an officer who holds `permissions` (`view`, `change`, …) on all tables of the law."""
    officer = make_officer("ada")
    officer.is_staff = True
    officer.save()
    tables = ["jurisdiction", *(model._meta.model_name for model in LAW_ROWS)]
    names = [f"{permission}_{table}" for permission in permissions for table in tables]
    officer.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(officer)


def shown(page: Any) -> list[Any]:
    """Return the rows of a list's page."""
    return list(page.context["cl"].result_list)


def fields_of(page: Any) -> dict[str, Any]:
    """Return what the form of a page would send if nothing was touched."""
    found: dict[str, Any] = {}
    forms = [page.context["adminform"].form]
    for formset in page.context["inline_admin_formsets"]:
        forms += [formset.formset.management_form, *formset.formset.forms]
    for form in forms:
        for bound in form:
            value = bound.value()
            found[bound.html_name] = "" if value is None else value
    return {name: value for name, value in found.items() if value is not False}


def test_rows_from_memory_are_marked(client: Client) -> None:
    sign_in(client, "view")

    page = client.get(reverse(f"{LIMITS}_changelist"), {"jurisdiction__code__exact": "BR"})

    assert [row.jurisdiction_id for row in shown(page)] == ["BR"]
    assert "check before use" in page.content.decode()
    seen = client.get(reverse(f"{LIMITS}_changelist"), {"confidence__exact": "seen"}).content.decode()
    assert "check before use" not in re.sub(r"<(nav|form).*?</\1>", "", seen, flags=re.DOTALL)


@pytest.mark.parametrize("model", LAW_ROWS)
def test_every_kind_is_listed_searched_and_shown_with_its_source(client: Client, model: Any) -> None:
    sign_in(client, "view")
    name = f"admin:consent_policies_{model._meta.model_name}"
    row = model.objects.order_by("pk")[0]

    listed = client.get(reverse(f"{name}_changelist"), {"q": row.jurisdiction_id})
    assert row in shown(listed)
    assert row.citation[:20] in listed.content.decode()

    page = client.get(reverse(f"{name}_change", args=[row.pk])).content.decode()
    assert row.sources.splitlines()[0] in page


@pytest.mark.parametrize("name", ["jurisdiction", *(model._meta.model_name for model in LAW_ROWS)])
def test_a_list_costs_the_same_however_long(
    client: Client, name: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    sign_in(client, "view")

    with django_assert_max_num_queries(12):
        page = client.get(reverse(f"admin:consent_policies_{name}_changelist"))

    assert len(shown(page)) <= 50


def test_a_place_shows_its_rows_and_how_many_to_check(client: Client) -> None:
    sign_in(client, "view")

    listed = client.get(reverse(f"{PLACES}_changelist"), {"q": "Brazil"}).content.decode()
    assert "3 to check" in listed

    page = client.get(reverse(f"{PLACES}_change", args=["US-CA"])).content.decode()
    for words in ("Cal. Civ. Code 1798.120(c)", "advisori.com (text of 11 CCR 7021)", "CCPA as amended"):
        assert words in page


def test_an_officer_edits_a_row_under_its_place(client: Client) -> None:
    sign_in(client, "view", "change")
    address = reverse(f"{PLACES}_change", args=["KR"])
    fields = fields_of(client.get(address))
    assert fields["agelimit_rows-0-under"] == 14

    answer = client.post(address, {**fields, "agelimit_rows-0-under": "15"})

    assert answer.status_code == 302
    assert AgeLimit.objects.get(jurisdiction="KR").under == 15
    listed = client.get(reverse(f"{LIMITS}_changelist"), {"q": "KR"}).content.decode()
    assert "officer" in listed


def test_a_bad_row_is_refused_in_plain_words(client: Client) -> None:
    sign_in(client, "view", "change")
    row = AgeLimit.objects.get(jurisdiction="KR")
    address = reverse(f"{LIMITS}_change", args=[row.pk])
    fields = fields_of(client.get(address))

    page = client.post(address, {**fields, "under": "200", "effective_until": "1999-01-01"}).content.decode()

    assert "Give a number from 1 to 25 for under." in page
    assert "The last day cannot be before the first." in page
    assert AgeLimit.objects.get(pk=row.pk).under == 14


def test_a_second_row_from_the_same_day_is_refused_under_its_place(client: Client) -> None:
    sign_in(client, "view", "change", "add")
    address = reverse(f"{PLACES}_change", args=["KR"])
    fields = fields_of(client.get(address))
    twin = {
        name.replace("-0-", "-1-"): value
        for name, value in fields.items()
        if name.startswith("agelimit_rows-0-") and not name.endswith("-id")
    }

    page = client.post(address, {**fields, **twin, "agelimit_rows-TOTAL_FORMS": "2"})

    assert page.status_code == 200
    assert AgeLimit.objects.filter(jurisdiction="KR").count() == 1


def test_an_officer_adds_a_country_and_its_row(client: Client) -> None:
    sign_in(client, "view", "change", "add")

    client.post(
        reverse(f"{PLACES}_add"),
        {
            "code": "NZ",
            "title": "New Zealand",
            "parent": "",
            "groups": "",
            **{
                f"{model._meta.model_name}_rows-{name}": "0"
                for model in LAW_ROWS
                for name in ("TOTAL_FORMS", "INITIAL_FORMS")
            },
        },
    )
    assert Jurisdiction.objects.get(pk="NZ").groups == []


def test_who_may_only_view_changes_nothing(client: Client) -> None:
    sign_in(client, "view")
    row = Duty.objects.order_by("pk")[0]
    address = reverse("admin:consent_policies_duty_change", args=[row.pk])

    assert client.post(address, {"holds": ""}).status_code == 403
    assert client.get(reverse("admin:consent_policies_duty_delete", args=[row.pk])).status_code == 403


def test_a_place_is_never_deleted_and_keeps_its_code(client: Client) -> None:
    sign_in(client, "view", "change", "delete")

    assert client.get(reverse(f"{PLACES}_delete", args=["KR"])).status_code == 403
    assert "code" not in fields_of(client.get(reverse(f"{PLACES}_change", args=["KR"])))


@pytest.mark.parametrize("name", ["jurisdiction", *(model._meta.model_name for model in LAW_ROWS)])
def test_no_list_deletes_rows_in_bulk(client: Client, name: str) -> None:
    sign_in(client, "view", "change", "delete")

    page = client.get(reverse(f"admin:consent_policies_{name}_changelist")).content.decode()

    assert "delete_selected" not in page
    assert 'id="changelist-actions"' not in page


def test_markup_in_a_row_is_shown_and_never_obeyed(client: Client) -> None:
    attack = "<script>alert(1)</script>"
    Duty.objects.update(citation=attack, sources=attack, note=attack)
    sign_in(client, "view")
    row = Duty.objects.order_by("pk")[0]

    for address in (
        reverse("admin:consent_policies_duty_changelist"),
        reverse("admin:consent_policies_duty_change", args=[row.pk]),
        reverse(f"{PLACES}_change", args=[row.jurisdiction_id]),
    ):
        page = client.get(address).content.decode()
        assert attack not in page
        assert "&lt;script&gt;" in page


def test_who_has_no_permission_sees_no_law(client: Client) -> None:
    sign_in(client)

    assert client.get(reverse(f"{PLACES}_changelist")).status_code == 403
    assert client.get(reverse(f"{LIMITS}_changelist")).status_code == 403
