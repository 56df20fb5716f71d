"""The audit trail: each action of an officer is on record before it is done, and how it ended after."""

from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, transaction
from django.test import Client, RequestFactory
from django.urls import reverse

from config import audit
from config.audit import ACTED, ACTING
from config.roles.declared import ADMINISTRATOR, AUDITOR, PRIVACY_OFFICER
from config.roles.pages import Page, list_pages
from config.roles.users import UserAdmin
from tests.admin_walk import address_of, make_officer_of
from tests.trail_world import list_told, read_all

pytestmark = pytest.mark.django_db

ADD = "admin:auth_user_add"
NEW = {
    "username": "carol",
    "email": "carol@people.example",
    "usable_password": "false",
    "first_name": "Carol",
}


@pytest.fixture
def officer(client: Client) -> User:
    found = make_officer_of(ADMINISTRATOR, name="olga")
    client.force_login(found)
    return found


@pytest.fixture
def _unwritable() -> Iterator[None]:
    away = mock.Mock(append=mock.Mock(side_effect=DatabaseError("the ledger is away")))
    with mock.patch("config.audit.ledger", away):
        yield


def find_untold(client: Client) -> list[str]:
    """Return each page that takes something and is not told exactly once."""
    faults = []
    for page in list_pages():
        told = tell_of(client, page)
        if told != [(ACTING, f"admin:{page.name}"), (ACTED, f"admin:{page.name}")]:
            faults.append(f"{page.name}: {told}")
    return faults


def tell_of(client: Client, page: Page) -> list[tuple[str, str]]:
    with transaction.atomic():
        client.post(address_of(page), {"secret": "spoken"})
        told = [(one["kind"], one["page"]) for one in list_told()]
        assert "spoken" not in read_all()
        transaction.set_rollback(True)
    return told


def test_every_page_that_takes_something_is_told_once(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))

    assert find_untold(client) == []


def test_without_the_middleware_the_walk_finds_it(client: Client, settings: Any) -> None:
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if one != "config.audit.Middleware"]
    client.force_login(User.objects.create_superuser("root"))

    with mock.patch(f"{__name__}.list_pages", return_value=list_pages()[:3]):
        assert len(find_untold(client)) == 3


def test_an_action_says_who_where_on_what_and_how_it_ended(client: Client, officer: User) -> None:
    other = make_officer_of(PRIVACY_OFFICER, name="petra")
    page = reverse("admin:auth_user_change", args=[other.pk])
    names = {"username": "petra", "first_name": "Petra", "is_active": "on"}

    answer = client.post(page, names, headers={"X-Request-ID": "desk-1"})

    assert answer.status_code == 302
    acting, acted = list_told()
    shared = {
        "officer": officer.pk,
        "page": "admin:auth_user_change",
        "method": "POST",
        "arguments": {"object_id": str(other.pk)},
        "request_id": "desk-1",
        "action": acting["action"],
    }
    assert acting == {"kind": ACTING, **shared}
    assert acted == {"kind": ACTED, **shared, "outcome": "answered", "status": 302}


def test_what_a_form_holds_is_not_told(client: Client, officer: User) -> None:
    client.post(reverse(ADD), NEW)

    assert User.objects.filter(username="carol").exists()
    assert officer.pk
    assert "carol" not in read_all().lower()


def test_what_an_address_holds_is_told_only_if_it_can_be_an_id(client: Client, officer: User) -> None:
    client.post("/admin/auth/user/ann@people.example/change/")

    assert officer.pk
    assert [one["arguments"] for one in list_told()] == [{}, {}]
    assert "ann@" not in read_all()


def test_a_refusal_is_told(client: Client) -> None:
    client.force_login(make_officer_of(AUDITOR))

    assert client.post(reverse(ADD), NEW).status_code == 403
    assert [(one["kind"], one.get("outcome"), one.get("status")) for one in list_told()] == [
        (ACTING, None, None),
        (ACTED, "refused", 403),
    ]


def test_a_page_that_fails_is_told(officer: User) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(officer)

    with mock.patch.object(UserAdmin, "save_model", side_effect=RuntimeError("planted")):
        assert client.post(reverse(ADD), NEW).status_code == 500

    assert [(one["kind"], one.get("outcome")) for one in list_told()] == [(ACTING, None), (ACTED, "failed")]
    assert not User.objects.filter(username="carol").exists()


@pytest.mark.usefixtures("_unwritable")
def test_what_cannot_be_told_is_not_done(client: Client, officer: User) -> None:
    answer = client.post(reverse(ADD), NEW)

    assert officer.pk
    assert answer.status_code == 503
    assert answer.content.decode() == audit.NOTHING_DONE
    assert not User.objects.filter(username="carol").exists()


def test_an_end_that_cannot_be_told_does_not_look_as_if_all_was_well(client: Client, officer: User) -> None:
    tell = audit.Action.tell

    def fail_at_the_end(action: audit.Action, kind: str, **outcome: object) -> None:
        if kind == ACTED:
            raise DatabaseError("the ledger is away")
        tell(action, kind, **outcome)

    with mock.patch.object(audit.Action, "tell", fail_at_the_end):
        answer = client.post(reverse(ADD), NEW)

    assert officer.pk
    assert answer.status_code == 503
    assert answer.content.decode() == audit.DONE_UNTOLD
    assert [one["kind"] for one in list_told()] == [ACTING]


def test_looking_at_a_page_is_not_an_action(client: Client, officer: User) -> None:
    assert client.get(reverse("admin:auth_user_changelist")).status_code == 200
    assert officer.pk
    assert list_told() == []


def hand_out(client: Client) -> Any:
    """Answer with the file of figures, by GET."""
    return client.get(reverse("admin:consent_requests_request_figures", args=["summary"]), {"form": "csv"})


def test_a_file_that_is_handed_out_is_told(client: Client) -> None:
    client.force_login(make_officer_of(AUDITOR))

    assert "attachment" in hand_out(client).headers["Content-Disposition"]
    (told,) = list_told()
    assert (told["kind"], told["method"], told["arguments"]) == (ACTED, "GET", {"kind": "summary"})


@pytest.mark.usefixtures("_unwritable")
def test_a_file_that_cannot_be_told_is_not_handed_out(client: Client) -> None:
    Group.objects.create(name="here already")
    client.force_login(User.objects.create_superuser("root"))

    answer = hand_out(client)

    assert answer.status_code == 503
    assert "Content-Disposition" not in answer.headers


def test_nobody_is_told_of_who_is_no_officer(client: Client) -> None:
    client.force_login(User.objects.create_user("customer"))

    client.post(reverse(ADD), NEW)
    Client().post(reverse(ADD), NEW)

    assert list_told() == []


def test_a_page_outside_the_admin_is_not_in_the_trail() -> None:
    request = RequestFactory().post("/privacy/")
    request.user = User(is_staff=True, pk=1)
    request.resolver_match = mock.Mock(namespaces=["portal"], url_name="start")

    assert audit.Middleware(mock.Mock()).process_view(request, None, (), {}) is None
    assert not hasattr(request, "officer_action")
