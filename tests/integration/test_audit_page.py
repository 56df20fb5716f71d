"""The audit trail's page: over the ledger's audit leaves, by officer, kind, page and day, and quick."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from config.audit import ACTED, ACTING
from config.roles.declared import AUDITOR, ENGINEER
from consent.ledger import trail
from consent.ledger.models import AuditLeaf
from consent.ledger.queries import get_time
from tests.admin_walk import make_officer_of
from tests.ledger_world import sequence_all

pytestmark = pytest.mark.django_db

PAGE = "/admin/consent_ledger/auditleaf/"
MADE = "admin:auth_user_add"
STATEMENTS = 12  # one of them is for the saved views, as on every list


@pytest.fixture
def auditor(client: Client) -> User:
    """Return an auditor who is signed in, after an administrator and a stranger did something."""
    root = User.objects.create_superuser("root")
    client.force_login(root)
    client.post(reverse(MADE), {"username": "carol", "usable_password": "false"})
    client.force_login(make_officer_of(ENGINEER, name="erik"))
    client.post(reverse(MADE), {"username": "mallory"})
    sequence_all()
    found = make_officer_of(AUDITOR, name="aude")
    client.force_login(found)
    return found


def list_shown(client: Client, **filters: Any) -> list[tuple[str, str, str]]:
    """Return what, who and how of each line of the page."""
    rows = client.get(PAGE, filters).context["cl"].result_list
    return [(row.kind, row.told_officer, row.told.get("outcome", "")) for row in rows]


def test_it_lists_who_did_what_and_how_it_ended_newest_first(client: Client, auditor: User) -> None:
    assert auditor.pk
    assert [one for one in list_shown(client) if one[0] in {ACTED, ACTING}] == [
        (ACTED, "erik", "refused"),
        (ACTING, "erik", ""),
        (ACTED, "root", "answered"),
        (ACTING, "root", ""),
    ]
    page = client.get(PAGE).content.decode()
    assert "POST auth_user_add" in page
    assert "carol" not in page


def test_it_is_filtered_by_officer_kind_page_and_day(client: Client, auditor: User) -> None:
    root, today = User.objects.get(username="root"), f"{get_time():%Y-%m-%d}"
    yesterday = f"{get_time() - timedelta(days=1):%Y-%m-%d}"

    assert auditor.pk
    assert {who for _, who, _ in list_shown(client, officer=root.pk)} == {"root"}
    assert {kind for kind, _, _ in list_shown(client, kind=ACTING)} == {ACTING}
    assert {kind for kind, _, _ in list_shown(client, page=MADE)} == {ACTED, ACTING}
    assert list_shown(client, page="admin:index") == []
    assert len(list_shown(client, day=today)) == len(list_shown(client))
    assert list_shown(client, day=yesterday) == []


@pytest.mark.parametrize("value", ["", "'", "2026-13-45", "9" * 40, "<script>"])
@pytest.mark.parametrize("name", ["officer", "kind", "page", "day"])
def test_a_filter_that_is_none_is_answered(client: Client, auditor: User, name: str, value: str) -> None:
    assert auditor.pk
    assert client.get(PAGE, {name: value}).status_code in {200, 302}


def test_its_statements_stay_as_many(
    client: Client, auditor: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert auditor.pk
    with django_assert_num_queries(STATEMENTS):
        client.get(PAGE)
    other = Client()
    for number in range(12):
        other.force_login(User.objects.create_superuser(f"root-{number}"))
        other.post(reverse(MADE), {})
    sequence_all()
    with django_assert_num_queries(STATEMENTS):
        assert client.get(PAGE).status_code == 200


def test_each_question_is_answered_by_an_index_of_its_own() -> None:
    with _without_scans():
        rows = AuditLeaf.objects.filter(trail.IN_TRAIL).order_by("-index")
        by_officer = rows.alias(part=trail.ToldOfficer("envelope")).filter(trail.STILL_THERE, part="1")
        by_page = rows.alias(part=trail.ToldPage("envelope")).filter(trail.STILL_THERE, part="admin:index")

        assert "leaf_trail_officer" in by_officer[:50].explain()
        assert "leaf_trail_page" in by_page[:50].explain()
        assert "leaf_trail_kind" in rows.filter(kind=ACTED)[:50].explain()
        assert "leaf_trail" in rows[:50].explain()


def test_leaves_that_say_nothing_readable_are_shown_all_the_same(client: Client, auditor: User) -> None:
    assert auditor.pk
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE consent_ledger_leaf SET envelope = %s WHERE stream = 'audit'", [b"\xff\x00{"])
        cursor.execute("SET LOCAL session_replication_role = origin")

    assert client.get(PAGE).status_code == 200


@contextmanager
def _without_scans() -> Iterator[None]:
    """Let the planner do without an index only where there is none that serves."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        yield
        cursor.execute("SET LOCAL enable_seqscan = on; SET LOCAL enable_sort = on")
