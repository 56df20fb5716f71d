"""Officers are told what is due soon, overdue or not acknowledged: each once, with references and no more."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.requests.clocks import officers, reminding
from consent.requests.clocks.calendar import list_calendar
from consent.requests.clocks.changing import pause
from consent.requests.clocks.reminding import remind
from consent.requests.models import Request, RequestEvent
from consent.requests.types import EventKind, PauseGround, RequestState, RequestType
from tests.clocks_world import MARCH_5, PERSON, kinds_of, make_request, march
from tests.keys_world import at_once

DAY = timedelta(days=1)


def make_handler(name: str) -> User:
    officer = User.objects.create_user(name, email=f"{name}@shop.example", is_staff=True)
    officer.user_permissions.add(Permission.objects.get(codename="handle_requests"))
    return officer


def told() -> list[tuple[str, str]]:
    return [(address, str(one.subject)) for one in mail.outbox for address in one.to]


@pytest.mark.django_db
def test_a_request_is_told_of_a_week_and_two_days_before_its_end_and_when_it_is_over() -> None:
    make_handler("alice")
    request = make_request()
    due_at = request.due_at

    moments = [DAY * 8, DAY * 7, DAY * 6, DAY * 2, DAY, DAY * 0, -DAY]
    figures = [remind(at=due_at - before) for before in moments]

    assert figures == [0, 1, 0, 1, 0, 1, 0]
    assert kinds_of(request) == [EventKind.REMINDED, EventKind.REMINDED, EventKind.ESCALATED]
    assert [subject for _, subject in told()] == ["Requests due soon: 1"] * 2 + ["Requests overdue: 1"]
    assert request.reference in mail.outbox[0].body
    assert "due on 2026-04-07" in mail.outbox[0].body
    assert all(PERSON not in f"{one.body}{one.subject}" for one in mail.outbox)


@pytest.mark.django_db
def test_who_has_the_request_is_told_and_else_all_who_may_handle_requests() -> None:
    alice, bob = make_handler("alice"), make_handler("bob")
    User.objects.create_user("carol", email="carol@shop.example", is_staff=True)
    User.objects.create_superuser("root", email="root@shop.example")
    left = User.objects.create_user("dora", email="dora@shop.example", is_active=False)
    mine, anybodys, orphaned = (
        make_request(assigned_to=alice),
        make_request(),
        make_request(assigned_to=left),
    )

    remind(at=mine.due_at)

    bodies = {address: one.body for one in mail.outbox for address in one.to}
    assert set(bodies) == {alice.email, bob.email}
    assert mine.reference in bodies[alice.email]
    assert mine.reference not in bodies[bob.email]
    for body in bodies.values():
        assert anybodys.reference in body
        assert orphaned.reference in body


@pytest.mark.django_db
def test_if_nobody_may_handle_requests_the_administrators_are_told() -> None:
    User.objects.create_superuser("root", email="root@shop.example")

    remind(at=make_request().due_at)

    assert told() == [("root@shop.example", "Requests overdue: 1")]


@pytest.mark.django_db
def test_what_nobody_can_be_told_of_is_still_marked() -> None:
    request = make_request()

    assert remind(at=request.due_at) == 1

    assert mail.outbox == []
    assert Request.objects.get(pk=request.pk).escalated_at == request.due_at


@pytest.mark.django_db
def test_what_is_paused_or_closed_is_left_alone() -> None:
    make_handler("alice")
    closed = make_request(state=RequestState.REFUSED, ground="no_data", closed_at=march(6))
    standing = make_request()
    pause(standing.pk, ground=PauseGround.IDENTITY, officer_id=None, at=march(7))

    assert remind(at=standing.due_at + DAY) == 0
    assert kinds_of(closed) == []


@pytest.mark.django_db
def test_a_date_that_was_moved_is_told_of_anew() -> None:
    make_handler("alice")
    request = make_request()
    remind(at=request.due_at)
    Request.objects.filter(pk=request.pk).update(jurisdiction="US-VA", due_at=request.due_at + DAY * 12)

    assert remind(at=request.due_at + DAY * 5) == 1
    assert remind(at=request.due_at + DAY * 13) == 1

    assert kinds_of(request) == [EventKind.ESCALATED, EventKind.REMINDED, EventKind.ESCALATED]


@pytest.mark.django_db
def test_a_receipt_that_nobody_acknowledged_is_told_of_once_before_its_day() -> None:
    make_handler("alice")
    request = make_request("US-CA", acknowledged_at=None)
    make_request("US-CA")

    figures = [remind(at=march(day)) for day in (16, 17, 18)]

    assert figures == [0, 1, 0]
    assert told() == [("alice@shop.example", "Requests to acknowledge: 1")]
    assert kinds_of(request) == [EventKind.REMINDED]


@pytest.mark.django_db
def test_what_is_done_without_delay_is_told_of_only_when_it_was_not() -> None:
    request = make_request(type=RequestType.WITHDRAWAL)

    assert remind(at=MARCH_5 + timedelta(hours=1)) == 0
    assert remind(at=request.due_at) == 1


@pytest.mark.django_db
def test_hundreds_that_are_due_at_once_are_told_of_in_few_mails() -> None:
    make_handler("alice")
    requests = [make_request() for _ in range(230)]

    assert remind(at=requests[0].due_at) == 230
    assert remind(at=requests[0].due_at) == 0

    assert [subject for _, subject in told()] == [f"Requests overdue: {n}" for n in (100, 100, 30)]
    listed = Counter(word for one in mail.outbox for word in one.body.split())
    assert all(listed[request.reference] == 1 for request in requests)


@pytest.mark.django_db
def test_a_limit_leaves_the_rest_to_the_next_call() -> None:
    requests = [make_request() for _ in range(5)]

    assert [remind(at=requests[0].due_at, limit=2) for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.django_db(transaction=False)
def test_a_mail_server_that_is_away_loses_no_reminder(monkeypatch: pytest.MonkeyPatch) -> None:
    make_handler("alice")
    request = make_request()

    def refuse(**_: Any) -> Any:
        raise ConnectionRefusedError

    with monkeypatch.context() as away:
        away.setattr(officers, "get_connection", refuse)
        with pytest.raises(ConnectionRefusedError):
            remind(at=request.due_at)
    assert kinds_of(request) == []

    assert remind(at=request.due_at) == 1
    assert len(mail.outbox) == 1


def test_workers_at_once_tell_of_each_request_once(committed_database: str) -> None:
    requests = [make_request() for _ in range(40)]
    at = requests[0].due_at

    figures = at_once([lambda: remind(at=at, limit=7)] * 4 + [lambda: remind(at=at)] * 2)

    assert sum(figures) == 40
    events = RequestEvent.objects.filter(kind=EventKind.ESCALATED).values_list("request", flat=True)
    assert len(events) == len(set(events)) == 40


@pytest.mark.django_db
def test_the_calendar_shows_each_open_request_on_its_date_in_force() -> None:
    german, extended = make_request(), make_request(extended_at=march(7))
    Request.objects.filter(pk=extended.pk).update(due_at=extended.due_at + DAY * 60)
    done = make_request("JP")
    make_request(state=RequestState.FULFILLED, closed_at=march(6))
    paused = make_request()
    pause(paused.pk, ground=PauseGround.IDENTITY, officer_id=None, at=march(7))

    found = list_calendar(since=march(1).date(), until=march(31).date() + DAY * 90)

    assert [(day.on.isoformat(), day.total, day.paused) for day in found] == [
        ("2026-03-19", 1, 0),
        ("2026-04-07", 2, 1),
        ("2026-06-05", 1, 0),
    ]
    assert [one.request_id for one in found[0].requests] == [done.pk]
    assert {one.request_id for one in found[1].requests} == {german.pk, paused.pk}
    assert found[2].requests[0].is_extended


@pytest.mark.django_db
def test_the_calendar_asks_twice_however_much_there_is_and_lists_the_first() -> None:
    officer = make_handler("alice")
    for _ in range(12):
        make_request(assigned_to=officer)
    make_request()

    with CaptureQueriesContext(
        connection,
    ) as asked:
        [day] = list_calendar(
            since=march(1).date(), until=march(31).date() + DAY * 30, officer_id=officer.pk, listed=5
        )

    assert len(asked) == 2
    assert (day.total, len(day.requests)) == (12, 5)


@pytest.mark.django_db
@pytest.mark.parametrize("mutant", ["no mark", "no claim"])
def test_telling_twice_would_be_seen(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make_handler("alice")
    request = make_request()
    if mutant == "no mark":
        monkeypatch.setattr(reminding, "_mark", lambda *_: None)
    else:
        monkeypatch.setattr(reminding, "save", lambda *_: None)

    remind(at=request.due_at, limit=3)

    assert len(mail.outbox) == 3
