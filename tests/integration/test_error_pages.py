"""What somebody reads where a page is not there, not open or broken: what to do, and nothing else."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from config.roles.declared import ENGINEER
from config.urls import urlpatterns as ours
from tests.admin_walk import make_officer_of

pytestmark = pytest.mark.django_db


def _break(_request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret of the log")


urlpatterns = [path("admin/broken/", _break), *ours]
handler404, handler500 = "config.problems.not_found", "config.problems.server_error"


def read(address: str, *, status: int) -> str:
    """Return the page that an engineer reads at the address."""
    client = Client(raise_request_exception=False)
    client.force_login(make_officer_of(ENGINEER))
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def test_an_address_without_a_page_says_so_and_leads_home() -> None:
    page = read("/admin/nowhere/", status=404)

    assert "There is nothing at this address" in page
    assert 'href="/admin/"' in page
    assert "nowhere" not in page


def test_a_closed_page_says_whom_to_ask() -> None:
    page = read("/admin/auth/user/", status=403)

    assert "This is not open to you" in page
    assert "ask an administrator for the role" in page


@override_settings(ROOT_URLCONF="tests.integration.test_error_pages")
def test_an_error_says_nothing_of_what_went_wrong() -> None:
    page = read("/admin/broken/", status=500)

    assert "it is our fault" in page
    assert "secret" not in page


def test_a_browser_that_looks_for_the_sign_in_the_tab_finds_it() -> None:
    answer = Client().get("/favicon.ico")

    assert answer.status_code == 302
    assert answer["Location"].endswith(".svg")
