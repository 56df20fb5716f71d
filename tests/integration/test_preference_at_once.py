"""The same link, code or click at the same moment, on real connections and with real commits."""

import pytest
from django.test import Client

from consent.portal.models import UsedLink, Visit
from consent.portal.types import Trust
from consent.records.models import ConsentRecord
from tests.integration.test_parallel_writers import in_parallel
from tests.portal_world import open_shop
from tests.preferences_world import CHOICES, CODE, ask, email, one_click_of, page_of, read_code, send_mails

pytestmark = pytest.mark.usefixtures("committed_database")


def test_of_eight_who_use_a_link_at_once_one_does() -> None:
    open_shop()
    path = page_of(trust=Trust.PROVEN, works_once=True)

    answers = in_parallel([lambda: int(Client().post(path).status_code)] * 8)

    assert sorted(answers) == [303] + [410] * 7
    assert (Visit.objects.count(), UsedLink.objects.count()) == (1, 1)


def test_of_two_windows_that_enter_one_code_at_once_one_does() -> None:
    open_shop()
    client = Client()
    ask(client)
    code, session = read_code(send_mails()[-1].body), client.cookies["sessionid"].value

    def enter() -> bool:
        window = Client()
        window.cookies["sessionid"] = session
        response = window.post(CODE, {"code": code})
        return bool(response.headers.get("Location") == CHOICES)

    assert sorted(in_parallel([enter] * 2)) == [False, True]
    assert Visit.objects.count() == 1


def test_clicks_at_once_are_all_taken() -> None:
    open_shop()
    address = one_click_of(identifiers=(email("new@people.example"),))

    def click() -> int:
        form = "application/x-www-form-urlencoded"
        return int(Client().post(address, "List-Unsubscribe=One-Click", content_type=form).status_code)

    assert in_parallel([click] * 6) == [200] * 6
    assert {(one.subject_id, one.choice) for one in ConsentRecord.objects.all()} == {
        (ConsentRecord.objects.all()[0].subject_id, "refused")
    }
