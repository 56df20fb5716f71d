"""Who may do what in the workspace: every address with every permission. Closed unless said otherwise."""

from itertools import combinations

import pytest
from django.test import Client

from consent.requests.admin.case.doing import ACTIONS
from consent.requests.admin.requests import RequestAdmin
from consent.requests.models import Request
from tests.workspace_world import QUEUE, make_request, officer

pytestmark = pytest.mark.django_db
VIEW, HANDLE, APPROVE, READ = "view_request", "handle_requests", "approve_erasures", "read_request_content"
EDIT = "edit_wording"
EVERY = (VIEW, HANDLE, APPROVE, READ, EDIT)
SETS = [frozenset(some) for size in range(len(EVERY) + 1) for some in combinations(EVERY, size)]
POSTED = {"content", "find", "bulk", "package", "rows", "mail_test"}
OTHERWISE = {"package": 404, "rows": 404, "certificate": 302, "mail_test": 302}  # there is none
SEES = [VIEW, HANDLE, APPROVE]
"""One of these is needed for everything."""
NEEDS: dict[str, frozenset[str]] = {
    "changelist": frozenset(),
    "change": frozenset(),
    "content": frozenset({READ}),
    "find": frozenset(),
    "calendar": frozenset(),
    "figures": frozenset(),
    "package": frozenset({READ}),
    "rows": frozenset({READ}),
    "certificate": frozenset(),
    "mails": frozenset(),
    "mail_words": frozenset({EDIT}),
    "mail_test": frozenset({EDIT}),
    "add": frozenset({HANDLE}),
    "bulk": frozenset({HANDLE}),
}
"""What each address needs besides."""


def is_allowed(held: frozenset[str], needed: frozenset[str]) -> bool:
    return bool(held & set(SEES)) and needed <= held


def name_of(address: str) -> str:
    return address.removeprefix("consent_requests_request_")


def test_every_address_of_the_workspace_is_in_the_matrix() -> None:
    from django.contrib import admin  # noqa: PLC0415 - the registry is complete only now

    urls = RequestAdmin(Request, admin.site).get_urls()

    assert {name_of(str(url.name)) for url in urls} == {*NEEDS, "do"}


@pytest.mark.parametrize("held", SETS, ids=lambda held: "+".join(sorted(held)) or "nothing")
def test_an_address_is_open_to_whoever_has_what_it_needs_and_to_nobody_else(held: frozenset[str]) -> None:
    case = make_request()
    one = f"{QUEUE}{case.pk}/"
    addresses = {
        "changelist": QUEUE,
        "change": f"{one}change/",
        "content": f"{one}content/",
        "find": f"{QUEUE}find/",
        "calendar": f"{QUEUE}calendar/",
        "figures": f"{QUEUE}figures/summary/",
        "mails": f"{QUEUE}mails/",
        "mail_words": f"{QUEUE}mails/words/",
        "mail_test": f"{QUEUE}mails/test/",
        "package": f"{one}package/",
        "rows": f"{one}rows/{case.pk}/",
        "certificate": f"{one}certificate/pdf/",
        "add": f"{QUEUE}add/",
        "bulk": f"{QUEUE}bulk/acknowledge/",
    }
    client = officer(*held)

    for name, needed in NEEDS.items():
        sent = {"chosen": f"{case.pk}:0"}
        answer = client.post(addresses[name], sent) if name in POSTED else client.get(addresses[name])
        assert answer.status_code == (OTHERWISE.get(name, 200) if is_allowed(held, needed) else 403), name


@pytest.mark.parametrize("held", SETS, ids=lambda held: "+".join(sorted(held)) or "nothing")
def test_an_action_is_open_to_whoever_has_what_it_needs_and_to_nobody_else(held: frozenset[str]) -> None:
    case = make_request()
    client = officer(*held)

    for name, action in ACTIONS.items():
        answer = client.get(f"{QUEUE}{case.pk}/do/{name}/")
        needed = frozenset(
            one.removeprefix("consent_requests.") for one in (action.permission, *action.also_needs)
        )
        assert needed
        assert (answer.status_code != 403) == is_allowed(held, needed), name
        sent = client.post(f"{QUEUE}{case.pk}/do/{name}/", {"confirmed": "1"})
        assert (sent.status_code != 403) == is_allowed(held, needed), name
    case.refresh_from_db()
    assert case.version == 0


def test_nobody_who_is_not_signed_in_sees_anything() -> None:
    case = make_request()

    for address in ("", f"{case.pk}/change/", f"{case.pk}/content/", f"{case.pk}/do/note/"):
        answer = Client().get(QUEUE + address)
        assert answer.status_code == 302
        assert "/login/" in answer["Location"]


def test_who_may_see_no_request_finds_no_queue_in_the_sidebar() -> None:
    assert QUEUE not in officer(READ).get("/admin/").content.decode()
    assert QUEUE in officer(VIEW).get("/admin/").content.decode()
