"""Officers see each clock and what to do, acknowledge by hand and send again; no page names anybody."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from activation.destinations.services import suspend_destination
from activation.enforcement.suppression.admin.wording import tell_duration
from activation.enforcement.suppression.finding.services import follow_feed
from activation.enforcement.suppression.models import FeedPosition, Parcel, Suppression
from consent.ledger.queries import get_time
from consent.ledger.services import sequence_pending
from tests.suppression_world import (
    FakeDestination,
    fail,
    make_destination,
    make_holding,
    make_suppression,
    rest_long,
    states,
)

pytestmark = pytest.mark.django_db
LIST = "/admin/activation_enforcement/suppression/"
PARCELS = "/admin/activation_enforcement/parcel/"
ALL = ("view_suppression", "acknowledge_suppression", "view_parcel")


@pytest.fixture(autouse=True)
def _destination(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    make_destination()
    rest_long(monkeypatch)
    monkeypatch.setattr("activation.enforcement.suppression.waking.wake_for_destination", lambda _: None)


def officer(*permissions: str) -> Client:
    """Return the browser of a member of staff."""
    user = User.objects.create_user("officer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def act(client: Client, name: str, *rows: Suppression, **more: Any) -> str:
    """Take the list's action on the rows, and return the page that follows."""
    body = {"action": name, "_selected_action": [row.pk for row in rows], **more}
    return client.post(LIST, body, follow=True).content.decode()


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_filters_searches_whole_references_and_names_nobody() -> None:
    client, holding = officer(*ALL), make_holding()
    make_suppression(holding, "anna")
    make_suppression(holding, "anna2", recorded_at=timezone.now() - timedelta(days=3))

    assert "2 suppressions" in read(client, LIST) or read(client, LIST).count("customers") >= 2
    found = read(client, f"{LIST}?q=anna")
    assert found.count('name="_selected_action"') == 1
    assert "customers.example" not in found
    assert read(client, f"{LIST}?due=overdue").count('name="_selected_action"') == 1
    assert read(client, f"{LIST}?due=unfinished").count('name="_selected_action"') == 2
    assert read(client, f"{LIST}?state__exact=parked").count('name="_selected_action"') == 0


def test_a_page_tells_the_clock_and_what_to_do() -> None:
    client, holding = officer(*ALL), make_holding()
    one = make_suppression(holding, "anna", recorded_at=timezone.now() - timedelta(minutes=5))
    page = f"{LIST}{one.pk}/change/"

    assert "its turn" in read(client, page)
    destination = FakeDestination(before=fail)
    destination.deliver_all()
    text = read(client, page)
    assert "is in trouble" in text
    assert "tried again by itself" in text
    Suppression.objects.update(state="parked", error="refused: look", parcel=None)
    text = read(client, page)
    assert "Mend what the error tells of" in text
    assert "refused: look" in text
    assert "customers.example" not in text
    Suppression.objects.update(state="acknowledged", ended_at=timezone.now(), sealed=b"")
    assert "Acknowledged by the destination" in read(client, page)


def test_by_hand_needs_a_tick_and_the_permission() -> None:
    one = make_suppression(make_holding())
    client = officer(*ALL)

    assert "nothing was changed" in act(client, "acknowledge_by_hand", one)
    assert states([one]) == ["waiting"]
    assert "1 acknowledged" in act(client, "acknowledge_by_hand", one, confirmed="on")
    assert states([one]) == ["by_hand"]
    assert "taken out by hand" in read(client, f"{LIST}{one.pk}/change/")


def test_who_may_only_look_has_no_actions() -> None:
    one = make_suppression(make_holding())
    client = officer("view_suppression")

    act(client, "acknowledge_by_hand", one, confirmed="on")

    assert states([one]) == ["waiting"]
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{one.pk}/delete/").status_code == 403
    assert officer_without_any().get(LIST).status_code == 403


def officer_without_any() -> Client:
    user = User.objects.create_user("other", is_staff=True)
    client = Client()
    client.force_login(user)
    return client


def test_send_again_sends_parked_ones_and_ends_rests() -> None:
    holding = make_holding()
    parked, done = (
        make_suppression(holding, state="parked", error="no"),
        make_suppression(holding, state="superseded", ended_at=timezone.now()),
    )
    waiting = make_suppression(holding)
    FakeDestination(before=fail).deliver_all()

    text = act(officer(*ALL), "send_again", parked, waiting, done)

    assert "2 to be sent now" in text
    assert "is not parked" in text
    assert Parcel.objects.get().next_attempt_at is None
    assert FakeDestination().deliver_all() == 2


def test_the_page_on_withdrawals_shows_every_destination_and_what_is_overdue() -> None:
    make_destination("files", is_connected=False)
    late = make_suppression(make_holding("files"), recorded_at=timezone.now() - timedelta(hours=5))
    make_suppression(make_holding())
    FakeDestination().deliver_all()

    text = read(officer(*ALL), f"{LIST}withdrawals/")

    assert "destination__exact=files&amp;due=overdue" in text
    assert "is not connected" in text
    assert f"{LIST}{late.pk}/change/" in text
    assert "5 h" in text


def test_the_page_on_withdrawals_says_when_nobody_follows_the_ledger_and_when_it_stands_still() -> None:
    client, page = officer(*ALL), f"{LIST}withdrawals/"
    assert "Start run_follower" in read(client, page)
    follow_feed()
    assert "run_follower" not in read(client, page)
    suspend_destination(slug="ads", reason="looking", changed_by="officer", at=get_time())
    sequence_pending()
    FeedPosition.objects.update(moved_at=Now() - timedelta(minutes=2))

    assert "See whether run_follower works" in read(client, page)


def test_parcels_are_read_only() -> None:
    make_suppression(make_holding())
    FakeDestination().deliver_all()
    client = officer(*ALL)

    assert "acknowledged" in read(client, PARCELS)
    page = f"{PARCELS}{Parcel.objects.get().pk}/change/"
    assert "taken " in read(client, page)
    assert client.post(page, {"state": "refused"}).status_code == 403


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-1, "0.0 s"), (0.42, "0.4 s"), (59, "59 s"), (61, "1 min"), (7200, "2 h"), (864_000, "10 days")],
)
def test_durations_are_told_as_people_say_them(seconds: float, told: str) -> None:
    assert tell_duration(timedelta(seconds=seconds)) == told
