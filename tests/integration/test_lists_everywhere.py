"""Every list of the admin: in one group, with a way to find, paging, order, and words for an empty one."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.utils.html import escape

from activation.desk.lists.reading import is_list
from config.sidebar.groups import list_undeclared
from config.sidebar.pages import GROUPS
from config.sidebar.types import LIST
from tests.lineage_pages_world import officer

pytestmark = pytest.mark.django_db
LISTS = sorted(
    (one for one in admin.site._registry.values() if is_list(one)), key=lambda one: one.opts.label_lower
)
QUEUE = "consent_requests.request"  # its order depends on its filter


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    return client


def address(label: str) -> str:
    return f"/admin/{label.replace('.', '/')}/"


def test_every_page_that_is_registered_stands_in_one_group_and_no_page_in_two() -> None:
    assert list(list_undeclared()) == []
    declared = [page.label for group in GROUPS for page in group.pages if page.view == LIST]
    assert len(declared) == len(set(declared))


def test_every_list_has_a_filter_or_a_search_and_is_paged_in_one_order() -> None:
    for one in LISTS:
        label = one.opts.label_lower
        assert one.list_filter or one.search_fields, label
        assert one.list_per_page <= 100, label
        assert one.ordering or label == QUEUE, label


def test_every_list_opens_and_says_what_to_do_first_where_it_is_empty(client: Client) -> None:
    declared = {page.label: page for group in GROUPS for page in group.pages if page.view == LIST}
    for one in LISTS:
        label = one.opts.label_lower
        answer = client.get(address(label))
        text = answer.content.decode()

        assert answer.status_code == 200, label
        assert "Export this list" in text, label
        if answer.context["cl"].result_count == 0:
            assert "Nothing here" in text, label
            assert declared[label].first, label
            assert escape(declared[label].first) in text, label


def test_the_sidebar_shows_what_the_officer_may_open_and_marks_where_they_are() -> None:
    text = officer("view_simulationrun").get("/admin/activation_desk/simulationrun/").content.decode()
    sidebar = text[text.index('id="nav-sidebar"') : text.index('id="main"')]

    assert "Simulations" in sidebar
    assert "Checkpoints" not in sidebar
    assert sidebar.count('aria-current="page"') == 1
    assert sidebar.index('aria-current="page"') < sidebar.index("Simulations")


def test_a_page_in_no_group_is_found_and_stays_in_reach(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.sidebar.groups.GROUPS", GROUPS[:-1])

    assert "auth.user" in dict(list_undeclared())
    assert ">Other<" in client.get(address(QUEUE)).content.decode()


def test_searches_of_lists_look_in_no_personal_data() -> None:
    words = ("email", "phone", "identifier", "wrapped", "sealed", "address")
    for one in LISTS:
        looked_in = " ".join(one.search_fields)
        assert one.opts.app_label == "auth" or not any(word in looked_in for word in words), one.opts.label


def test_the_page_that_exports_a_list_is_marked_as_the_lists(client: Client) -> None:
    answer = client.get("/admin/activation_desk/savedfilter/export/consent_ledger.auditleaf/")

    marked = [
        one["title"]
        for group in answer.context["sidebar_navigation"]
        for one in group["items"]
        if one["active"]
    ]
    assert marked == ["Audit trail"]
