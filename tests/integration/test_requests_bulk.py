"""Several requests at once: each under its own lock; the officer hears which were not changed, and why."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from consent.requests.admin.bulk import page as bulk
from consent.requests.admin.bulk.declaring import BULK_ACTIONS
from consent.requests.models import Request
from consent.requests.types import EventKind
from tests.workspace_world import QUEUE, close, do, make_request, officer, text_of

pytestmark = pytest.mark.django_db


def tick(client: Client, action: str, *requests: Request) -> Any:
    """Tick requests in the queue, and choose what is done with them."""
    ticked = {"action": action, "_selected_action": [str(one.pk) for one in requests], "select_across": "0"}
    return client.post(QUEUE, ticked)


def carry_out(client: Client, name: str, answer: Any, **told: Any) -> str:
    """Go on from the page that asks."""
    chosen = answer.context["chosen"]
    return text_of(client.post(f"{QUEUE}bulk/{name}/", {"chosen": chosen, **told}))


def test_requests_are_given_to_an_officer_one_after_the_other() -> None:
    made = [make_request() for _ in range(3)]
    client = officer("handle_requests")
    me = User.objects.get(username="olga").pk

    asked = tick(client, "assign_many", *made)
    assert "This will happen with 3 requests" in text_of(asked)
    assert not Request.objects.filter(assigned_to__isnull=False).exists()
    page = carry_out(client, "assign", asked, assignee=me)

    assert "3 were done, 0 were not." in page
    assert set(Request.objects.values_list("assigned_to", flat=True)) == {me}


def test_what_cannot_be_done_is_listed_with_the_reason_and_the_others_are_done() -> None:
    fine, changed, closed, told = (make_request() for _ in range(4))
    client = officer("handle_requests")
    do(client, told, "acknowledge")
    told.refresh_from_db()
    asked = tick(client, "acknowledge_many", fine, changed, closed, told)
    do(client, changed, "note", {"text": "meanwhile"})
    close(closed)

    page = carry_out(client, "acknowledge", asked)

    assert "1 were done, 3 were not." in page
    for one, why in ((changed, "somebody changed"), (closed, "is closed"), (told, "was told already")):
        assert one.reference in page
        assert why in page
    assert fine.events.filter(kind=EventKind.ACKNOWLEDGED).count() == 1
    assert not changed.events.filter(kind=EventKind.ACKNOWLEDGED).exists()


def test_extending_follows_each_request_s_own_law() -> None:
    german = make_request()
    undecided = make_request(jurisdiction="", type="complaint")
    client = officer("handle_requests")
    asked = tick(client, "extend_many", german, undecided)

    page = carry_out(client, "extend", asked, ground="complexity")

    assert "were not" in page
    assert undecided.reference in page


def test_nothing_is_done_with_more_than_an_officer_can_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST", 2)
    made = [make_request() for _ in range(3)]
    client = officer("handle_requests")

    answer = client.post(
        QUEUE,
        {
            "action": "acknowledge_many",
            "_selected_action": [str(one.pk) for one in made],
            "select_across": "0",
        },
        follow=True,
    )

    assert "Choose 2 requests at most" in text_of(answer)
    sent = [f"{one.pk}:0" for one in made]
    assert client.post(f"{QUEUE}bulk/acknowledge/", {"chosen": sent}).status_code == 404


@pytest.mark.parametrize("chosen", [[], ["x"], ["x:1"], ["00000000-0000-4000-8000-000000000000"]])
def test_what_names_no_request_is_not_found(chosen: list[str]) -> None:
    client = officer("handle_requests")

    assert client.post(f"{QUEUE}bulk/acknowledge/", {"chosen": chosen}).status_code == 404


def test_a_request_that_is_gone_is_listed() -> None:
    sent = {"chosen": ["00000000-0000-4000-8000-000000000000:1"]}

    page = text_of(officer("handle_requests").post(f"{QUEUE}bulk/acknowledge/", sent))

    assert "a request that is gone" in page


def test_nothing_that_ends_hands_out_or_erases_is_done_in_bulk() -> None:
    assert set(BULK_ACTIONS) == {"assign", "acknowledge", "extend"}
    client = officer("handle_requests", "approve_erasures")
    make_request()

    page = text_of(client.get(QUEUE))

    for name in ("refuse", "approve", "release", "cancel", "delete_selected"):
        assert f'value="{name}' not in page
        assert client.post(f"{QUEUE}bulk/{name}/").status_code == 404
    assert 'value="assign_many"' in page


def test_who_may_only_look_is_offered_nothing_in_bulk() -> None:
    case = make_request()
    client = officer("view_request")

    assert "assign_many" not in text_of(client.get(QUEUE))
    tick(client, "assign_many", case)
    assert client.post(f"{QUEUE}bulk/assign/", {"chosen": f"{case.pk}:0"}).status_code == 403
    case.refresh_from_db()
    assert case.version == 0
