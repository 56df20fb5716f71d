"""Officers have clocks stand still, go on, and take longer: as far as the law there lets them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from consent.policies.models import Clock
from consent.requests import vault
from consent.requests.clocks.changing import extend, pause, resume
from consent.requests.clocks.explaining import explain_request
from consent.requests.clocks.keeping import refresh_deadlines
from consent.requests.models import Message, Request, RequestEvent
from consent.requests.types import (
    ChangedMeanwhile,
    EventKind,
    ExtensionGround,
    NotPossible,
    PauseGround,
    RequestNotFound,
    RequestState,
    RequestType,
)
from tests.clocks_world import PERSON, REPLY_TO, kinds_of, load_law, mails_of, make_request, march
from tests.policy_officers import make_officer

pytestmark = pytest.mark.django_db


def assert_untouched(request: Request) -> None:
    found = Request.objects.get(pk=request.pk)
    assert (found.version, found.due_at, found.paused_at) == (
        request.version,
        request.due_at,
        request.paused_at,
    )
    assert found.extended_at == request.extended_at
    assert not RequestEvent.objects.filter(request=request, kind=EventKind.EXTENDED).exists()


def test_a_request_is_given_the_dates_of_its_law() -> None:
    request = make_request("US-CA")

    assert request.zone == "America/Los_Angeles"
    assert request.acknowledge_by == date(2026, 3, 19)
    assert request.due_on == date(2026, 4, 19)
    assert request.extended_due_on == date(2026, 6, 3)
    assert request.due_at == datetime(2026, 4, 20, 7, tzinfo=UTC)


def test_a_pause_is_told_the_person_is_written_to_and_the_days_are_added() -> None:
    request, officer = make_request(), make_officer("alice")

    pause(request.pk, ground=PauseGround.IDENTITY, officer_id=officer.pk, version=0, at=march(7))
    standing = Request.objects.get(pk=request.pk)
    resume(request.pk, officer_id=officer.pk, version=1, at=march(12))
    running = Request.objects.get(pk=request.pk)

    assert (standing.paused_at, standing.due_on, standing.version) == (march(7), date(2026, 4, 7), 1)
    assert (running.paused_at, running.due_on, running.version) == (None, date(2026, 4, 10), 2)
    assert kinds_of(request) == [EventKind.PAUSED, EventKind.RESUMED]
    assert mails_of(request) == [
        ("paused", {"to": REPLY_TO, "context": {"ground": "identity"}}),
    ]


def test_a_paused_request_explains_itself() -> None:
    request, officer = make_request("GB"), make_officer("alice")
    pause(request.pk, ground=PauseGround.FEE, officer_id=officer.pk, version=0, at=march(7))

    found = explain_request(Request.objects.get(pk=request.pk))

    assert found.is_paused
    assert "begins again on Saturday 7 March 2026 because of fee" in found.due_on.explanation


@pytest.mark.parametrize(
    ("jurisdiction", "ground", "law"),
    [
        ("US-CA", PauseGround.IDENTITY, "11 CCR 7021(b)"),
        ("DE", PauseGround.FEE, "Regulation 1182/71"),
        ("DE", PauseGround.CLARIFICATION, "Regulation 1182/71"),
        ("CH", PauseGround.IDENTITY, "FADP"),
        ("MX", PauseGround.IDENTITY, "no law on record"),
        ("", PauseGround.IDENTITY, "no law on record"),
    ],
)
def test_a_pause_that_the_law_does_not_know_is_refused_and_the_law_is_named(
    jurisdiction: str, ground: PauseGround, law: str
) -> None:
    request, officer = make_request(jurisdiction), make_officer("alice")

    with pytest.raises(NotPossible, match=r"cannot stand still") as refused:
        pause(request.pk, ground=ground, officer_id=officer.pk, version=0, at=march(7))

    assert law in str(refused.value)
    assert_untouched(request)
    assert kinds_of(request) == []
    assert not Message.objects.filter(request=request).exists()


def test_an_opt_out_never_waits_for_identity() -> None:
    request = make_request("GB", type=RequestType.OPT_OUT)

    with pytest.raises(NotPossible):
        pause(request.pk, ground=PauseGround.IDENTITY, officer_id=None, version=0, at=march(5, 13))


def test_a_clock_stands_still_once_at_a_time_and_goes_on_only_if_it_stood() -> None:
    request = make_request()
    with pytest.raises(NotPossible):
        resume(request.pk, version=0, at=march(6))
    pause(request.pk, ground=PauseGround.IDENTITY, officer_id=None, version=0, at=march(7))

    with pytest.raises(NotPossible):
        pause(request.pk, ground=PauseGround.IDENTITY, officer_id=None, version=1, at=march(8))

    assert kinds_of(request) == [EventKind.PAUSED]


def test_a_clock_that_has_run_out_or_ended_does_not_stand_still() -> None:
    late, closed = make_request(), make_request(state=RequestState.FULFILLED, closed_at=march(20))

    for request, at in ((late, late.due_at), (closed, march(7))):
        with pytest.raises(NotPossible):
            pause(request.pk, ground=PauseGround.IDENTITY, officer_id=None, version=0, at=at)
        with pytest.raises(NotPossible):
            extend(request.pk, ground=ExtensionGround.COMPLEXITY, officer_id=None, version=0, at=at)
        assert_untouched(request)


def test_two_officers_at_once_do_not_overwrite_each_other() -> None:
    request = make_request()
    pause(request.pk, ground=PauseGround.IDENTITY, officer_id=None, version=0, at=march(7))

    with pytest.raises(ChangedMeanwhile):
        resume(request.pk, version=0, at=march(8))
    with pytest.raises(RequestNotFound):
        resume("00000000-0000-4000-8000-000000000000", at=march(8))

    assert Request.objects.get(pk=request.pk).paused_at == march(7)


def test_an_extension_is_told_with_the_new_date_and_holds_once() -> None:
    request = make_request(reply_to=None)

    extend(request.pk, ground=ExtensionGround.COMPLEXITY, officer_id=None, version=0, at=march(20))
    found = Request.objects.get(pk=request.pk)
    with pytest.raises(NotPossible, match="extended already"):
        extend(request.pk, ground=ExtensionGround.COMPLEXITY, officer_id=None, version=1, at=march(21))

    assert found.due_on == date(2026, 4, 7)
    assert found.extended_due_on == date(2026, 6, 5)
    assert found.due_at == datetime(2026, 6, 5, 22, tzinfo=UTC)
    [(template, mail)] = mails_of(request)
    assert (template, mail["to"]) == ("extended", PERSON)
    assert mail["context"]["due_on"] == "2026-06-05"
    assert mail["context"]["ground"] == "complexity"


def test_an_extension_that_is_told_after_the_first_period_is_refused() -> None:
    request = make_request()
    last = request.due_at - timedelta(seconds=1)

    with pytest.raises(NotPossible, match="7 April 2026"):
        extend(request.pk, ground=ExtensionGround.COMPLEXITY, officer_id=None, version=0, at=request.due_at)
    assert_untouched(request)
    extend(request.pk, ground=ExtensionGround.COMPLEXITY, officer_id=None, version=0, at=last)

    assert Request.objects.get(pk=request.pk).extended_at == last


@pytest.mark.parametrize(
    ("jurisdiction", "type_of"),
    [
        ("BR", RequestType.ACCESS),
        ("CA-QC", RequestType.ACCESS),
        ("US-CA", RequestType.OPT_OUT),
        ("GB", RequestType.COMPLAINT),
        ("DE", RequestType.WITHDRAWAL),
        ("JP", RequestType.ACCESS),
        ("MX", RequestType.ACCESS),
    ],
)
def test_what_the_law_does_not_extend_is_not_extended(jurisdiction: str, type_of: RequestType) -> None:
    request = make_request(jurisdiction, type=type_of)

    with pytest.raises(NotPossible, match="cannot be extended"):
        extend(
            request.pk,
            ground=ExtensionGround.COMPLEXITY,
            officer_id=None,
            version=0,
            at=march(5, 13),
            until=date(2026, 8, 1),
        )

    assert_untouched(request)


def test_a_law_without_a_number_wants_the_date_and_one_with_a_number_does_not() -> None:
    swiss, german = make_request("CH"), make_request("DE")

    def ask(request: Request, until: date | None) -> Request:
        return extend(
            request.pk,
            ground=ExtensionGround.COMPLEXITY,
            officer_id=None,
            version=0,
            at=march(7),
            until=until,
        )

    for request, until in ((swiss, None), (swiss, swiss.due_on), (german, date(2026, 9, 1))):
        with pytest.raises(NotPossible):
            ask(request, until)
        assert_untouched(request)
    ask(swiss, date(2026, 5, 1))

    found = Request.objects.get(pk=swiss.pk)
    assert found.extended_due_on == date(2026, 5, 1)
    assert found.due_at == datetime(2026, 5, 1, 22, tzinfo=UTC)


def test_officers_who_correct_the_law_are_heeded_at_the_next_change() -> None:
    load_law()
    request = make_request("BR")
    Clock.objects.filter(jurisdiction="BR").update(within=20)

    refresh_deadlines(request)

    assert request.due_on == date(2026, 3, 25)


def test_a_changed_jurisdiction_changes_the_dates() -> None:
    request = make_request("")

    request.jurisdiction = "US-VA"
    refresh_deadlines(request)

    assert request.due_on == date(2026, 4, 19)
    assert request.zone == "America/New_York"


def test_nothing_about_the_person_is_in_the_timeline() -> None:
    request = make_request()
    pause(request.pk, ground=PauseGround.IDENTITY, officer_id=None, version=0, at=march(7))

    [event] = RequestEvent.objects.filter(request=request)

    assert "example.org" not in str(event.detail) + event.ground
    assert vault.read_json(request, vault.open_key(request), vault.DETAILS)["reply_to"] == REPLY_TO
