"""The permission matrix, page by page: who has a role finds open what it says, and all else closed."""

import re
from contextlib import nullcontext
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from config.roles.declared import AUDITOR, ROLES, Role
from config.roles.matrix import Row, list_rows, request_of
from config.roles.needs import OF_THE_SITE, OFFICER, OURS
from config.roles.pages import ACTIONS, list_undeclared
from config.roles.permissions import list_missing
from config.roles.scopes import list_endpoints
from tests.admin_walk import NOBODY, address_of, is_open, make_officer_of, with_something_there

pytestmark = pytest.mark.django_db

DOORKEEPER = "config.roles.doorkeeper.Middleware"
METHODS = ("GET", "POST")
WRITING = re.compile(r'(?:INSERT INTO|DELETE FROM|UPDATE|COPY)(?: ONLY)? "(\w+)"')
CLOSED_IF_DEAD = ("tracereport", "breachreport", "simulationrun")
"""Reports whose process died are shown as abandoned, from the first look on."""
WRITTEN_BY_LOOKING = {
    "consent_ledger_pendingevent",
    "consent_ledger_privatepart",
    *(f"activation_desk_{name}" for name in CLOSED_IF_DEAD),
}
OF_LISTS = ("view", ACTIONS)
OWN_VIEWS = "activation_desk_savedfilter_"
ASKS_ITSELF = "autocomplete"
"""Answers by what is asked for, not by who asks: the model's own admin decides."""


def list_faults(client: Client, slug: str) -> list[str]:
    """Return each page that is open or closed, and should not be, to whoever has the role of that name."""
    faults = []
    for row in walked():
        for method in METHODS:
            found, expected = is_open(client, row.page, method), is_said_open(row, method, slug)
            if found != expected:
                faults.append(f"{method} {address_of(row.page)} is {'open' if found else 'closed'}")
    return faults


def walked() -> list[Row]:
    """Return the rows of the matrix that a walk can look at."""
    return [row for row in list_rows() if row.page.name != ASKS_ITSELF]


def is_said_open(row: Row, method: str, slug: str) -> bool:
    """Return what the matrix says."""
    return slug in (row.opened_by if method == "GET" else row.acted_on_by)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.slug)
def test_a_role_finds_open_what_the_matrix_says_and_nothing_else(client: Client, role: Role) -> None:
    client.force_login(make_officer_of(role))

    assert list_faults(client, role.slug) == []


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.slug)
def test_pages_are_closed_by_themselves_without_the_doorkeeper(
    client: Client, role: Role, settings: Any
) -> None:
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if one != DOORKEEPER]
    client.force_login(make_officer_of(role))
    faults = []

    for row in walked():
        for method in METHODS:
            if is_said_open(row, method, role.slug) or takes_nothing_else(row, method, role.slug):
                continue
            with with_something_there() if row.page.name.endswith("_history") else nullcontext():
                if is_open(client, row.page, method):
                    faults.append(f"{method} {address_of(row.page)}")

    assert faults == []


def takes_nothing_else(row: Row, method: str, slug: str) -> bool:
    """Return whether the page shows the same after a POST, to whoever may see it, or is one of Django's own.

    Those are the doorkeeper's alone to close: a list without actions, and the way to a row's page outside.
    """
    if row.page.name == "view_on_site":
        return True
    is_deaf = row.page.need.act in {None, OF_LISTS}
    return method == "POST" and is_deaf and slug in row.opened_by


def test_what_the_auditor_opens_writes_nothing_but_that_it_was_opened(client: Client) -> None:
    client.force_login(make_officer_of(AUDITOR))
    seen = [(row, "GET") for row in walked() if AUDITOR.slug in row.opened_by]
    looks = [row for row in walked() if AUDITOR.slug in row.acted_on_by and not is_for_everybody(row)]

    assert [row.page.name for row in looks if not (row.page.need.is_look or takes_exports_alone(row))] == []
    for row, method in [*seen, *((row, "POST") for row in looks)]:
        with CaptureQueriesContext(connection) as statements:
            assert is_open(client, row.page, method)
        written = {match[1] for one in statements for match in WRITING.finditer(one["sql"])}
        assert written <= WRITTEN_BY_LOOKING, f"{method} {row.page.name}"


def is_for_everybody(row: Row) -> bool:
    """Return whether every officer may open the page, or act on it: the home page, and their own views."""
    return OFFICER in (row.page.need.read, row.page.need.act)


def takes_exports_alone(row: Row) -> bool:
    """Return whether all that the list does for an auditor is to lead to the page that exports it."""
    actions = row.page.model_admin.get_actions(request_of(AUDITOR)) if row.page.model_admin else {}
    return row.page.need.act == OF_LISTS and set(actions) == {"export_ticked"}


def test_nobody_is_let_in_who_is_not_signed_in(client: Client) -> None:
    assert list_faults(client, "nobody") == []


def test_an_officer_without_a_role_sees_the_home_page_and_their_own_views_alone(client: Client) -> None:
    client.force_login(User.objects.create_user("new", is_staff=True))
    rows = [row for row in list_rows() if not is_for_everybody(row)]
    others = {row.page.name for row in list_rows() if row not in rows} - set(OF_THE_SITE)

    assert client.get("/admin/").status_code == 200
    assert {name.removeprefix(OWN_VIEWS) for name in others} == {"changelist", "open", "remove", "save"}
    assert [
        address_of(row.page) for row in rows for method in METHODS if is_open(client, row.page, method)
    ] == []


def test_whoever_is_no_officer_is_asked_to_sign_in(client: Client) -> None:
    client.force_login(User.objects.create_user("customer"))

    assert list_faults(client, "nobody") == []


def test_every_address_of_the_api_asks_for_a_key_where_the_page_says_so(client: Client) -> None:
    asking = [one for one in list_endpoints() if one.scope]

    assert len(asking) > 30
    for one in asking:
        address = re.sub(r"<\w+:\w+>", "1", re.sub(r"<uuid:\w+>", str(NOBODY), one.route))
        assert client.generic(one.method, address).status_code == 401, address


def test_every_page_says_what_it_needs() -> None:
    assert list_undeclared() == []


def test_the_search_of_the_theme_is_never_reached() -> None:
    assert resolve(reverse("admin:search")).view_name == "desk_search"


def test_every_permission_that_a_role_names_is_declared_by_a_model() -> None:
    assert {role.slug: list_missing(role) for role in ROLES if list_missing(role)} == {}


def test_what_pages_of_ours_need_is_declared_for_pages_that_there_are() -> None:
    names = {row.page.name for row in list_rows()}

    assert set(OURS) <= names


def test_the_doorkeeper_stands_last() -> None:
    assert configured.MIDDLEWARE[-2:] == ["config.audit.Middleware", DOORKEEPER]
