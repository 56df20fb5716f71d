"""Read-only fields link only to what the officer who looks may open."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.utils.safestring import SafeString, mark_safe

from config.roles.declared import ADMINISTRATOR, APPROVER
from config.roles.open_links import only_open_links
from tests.admin_walk import make_officer_of

pytestmark = pytest.mark.django_db
ACCOUNT = '<a href="/admin/auth/user/7/change/" class="text-link">ada &amp; co</a>'
POLICY = '<a class="underline" href="/admin/consent_policies/policyversion/7/change/">shop</a>'


def shown_to(user: Any, html: str) -> object:
    """Return what a read-only field shows."""
    request = RequestFactory().get("/admin/")
    request.user = user
    return only_open_links(mark_safe(html), request)  # noqa: S308 - of this file


def test_a_link_to_a_closed_page_is_shown_as_its_words() -> None:
    assert shown_to(make_officer_of(APPROVER), f"{POLICY}, {ACCOUNT}") == f"{POLICY}, ada &amp; co"
    assert shown_to(make_officer_of(ADMINISTRATOR), f"{POLICY}, {ACCOUNT}") == f"shop, {ACCOUNT}"


@pytest.mark.parametrize("html", ['<a href="/nowhere/">x</a>', '<a href="/requests/">x</a>', "<b>x</b>", "x"])
def test_links_that_leave_the_admin_and_all_else_stay(html: str) -> None:
    answer = shown_to(AnonymousUser(), html)

    assert answer == html
    assert isinstance(answer, SafeString)


def test_what_is_no_html_stays_as_it_is() -> None:
    request = RequestFactory().get("/admin/")
    assert only_open_links("<a href='/admin/'>x</a>", request) == "<a href='/admin/'>x</a>"
    assert only_open_links(None, request) is None
