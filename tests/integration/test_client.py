"""The client that decides in process: what it knows, from when on, and what it does when it does not know."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import httpx2
import msgspec
import pytest
from django.conf import settings
from django.utils import timezone

from activation.checks.services import revoke_key
from activation.checks.types import Scope
from activation.client import FolderTaken, Freshness, PlainHttpRefused, Subject, Workings, channel
from activation.client.errors import CallerRefused, ServiceUnavailable
from activation.client.following import Follower
from activation.client.kept_store import KeptStore
from activation.destinations.services import suspend_destination
from activation.snapshots.exchange import sealing
from activation.snapshots.exchange.sealing import PageRefused
from consent.kernel.signing import SigningKey
from tests.checks_world import caller, consent
from tests.client_world import (
    DESTINATION,
    PURPOSE,
    SCOPES,
    Between,
    Here,
    World,
    live_service,
    make_key,
    ref_of,
)
from tests.enforcement_world import (
    BRITON,
    GERMAN,
    JUNE_1,
    REFUSED,
    STRANGER,
    WITHDRAWN,
    make_world,
    record_choices,
)
from tests.ledger_world import sequence_all

EVERYBODY = (GERMAN, BRITON, WITHDRAWN, REFUSED, STRANGER)
LOCAL, ASKED, DENIED = "snapshot", "service", "client"


@pytest.fixture
def world(db: None, tmp_path: Path) -> Iterator[World]:
    """Return a client whose service answers in the test's own thread, and transaction."""
    make_world()
    between = Between(inner=Here())
    made = World("http://localhost", make_key(*SCOPES), tmp_path / "snapshot", between, is_here=True)
    sequence_all()
    yield made
    made.client.close()


@pytest.fixture
def live(committed_database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    """Return a client of Django's live server, over sockets."""
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    make_world()
    sequence_all()
    with live_service() as url:
        made = World(url, make_key(*SCOPES), tmp_path / "snapshot")
        yield made
        made.client.close()


def test_over_sockets_too_a_snapshot_is_fetched_followed_and_asked_around(live: World) -> None:
    asked = live.reason(GERMAN)
    live.catch_up()
    kept = live.reason(GERMAN)
    record_choices(GERMAN, "DE", "withdrawn")
    sequence_all()
    live.catch_up()
    withdrawn = live.reason(GERMAN)
    live.clock.turn(31)

    assert (asked, kept) == (("granted", ASKED), ("granted", LOCAL))
    assert (withdrawn, live.reason(GERMAN)) == (("withdrawn", LOCAL), ("withdrawn", ASKED))


def test_until_the_snapshot_is_there_the_service_is_asked(world: World) -> None:
    assert world.client.freshness is Freshness.STALE
    assert world.reason(GERMAN) == ("granted", ASKED)
    assert world.reason(WITHDRAWN) == ("withdrawn", ASKED)


def test_everybody_is_decided_in_process_as_the_service_does(world: World) -> None:
    asked = [world.reason(one)[0] for one in EVERYBODY]
    world.catch_up()
    before = world.count_checks()

    assert world.client.freshness is Freshness.FRESH
    assert [world.reason(one) for one in EVERYBODY] == [(reason, LOCAL) for reason in asked]
    assert world.count_checks() == before


def test_a_reference_is_enough_and_an_unknown_one_is_denied(world: World) -> None:
    world.catch_up()
    known, unknown = (
        world.client.check(ref, PURPOSE, DESTINATION) for ref in (ref_of(GERMAN), "sub_" + "0" * 32)
    )

    assert (known.allowed, known.reason, known.source.value) == (True, "granted", LOCAL)
    assert [one.kind for one in known.obligations] == ["mask", "set"]
    assert (unknown.allowed, unknown.reason) == (False, "subject_unknown")


def test_many_are_answered_in_the_order_asked_wherever_the_answers_come_from(world: World) -> None:
    world.catch_up()
    mixed: list[Subject] = [
        ("email", "c1@customers.example"),
        ref_of(WITHDRAWN),
        ("customer_id", BRITON),
        ("user_id", "9"),
    ]

    answers = world.client.check_many(mixed, PURPOSE, DESTINATION)

    assert [one.source.value for one in answers] == [ASKED, LOCAL, LOCAL, ASKED]
    assert [bool(one) for one in answers] == [True, False, True, False]


def test_a_withdrawal_is_seen_at_the_next_poll_and_so_is_a_new_person(world: World) -> None:
    world.catch_up()
    record_choices(GERMAN, "DE", "withdrawn")
    record_choices(STRANGER, "DE", "granted")
    sequence_all()
    world.catch_up()

    assert world.reason(GERMAN) == ("withdrawn", LOCAL)
    assert world.reason(STRANGER) == ("granted", LOCAL)


def test_a_suspended_destination_is_seen_at_the_next_poll(world: World) -> None:
    world.catch_up()
    suspend_destination(slug="ads", reason="audit", changed_by="officer", at=JUNE_1)
    sequence_all()
    world.catch_up()

    assert world.reason(GERMAN) == ("destination_suspended", LOCAL)


def test_what_happened_while_people_were_fetched_is_read_again(world: World) -> None:
    pages = 0

    def happen(request: httpx2.Request) -> None:
        nonlocal pages
        pages += request.url.path.endswith("/people")
        if pages == 2:
            pages += 1
            for customer in (GERMAN, BRITON):
                record_choices(customer, "DE", "withdrawn")
            sequence_all()

    world.between.before = happen
    world.catch_up()

    assert pages > 2
    assert {world.reason(one) for one in (GERMAN, BRITON)} == {("withdrawn", LOCAL)}


def test_past_the_bound_the_service_is_asked_and_without_it_all_is_denied(world: World) -> None:
    world.catch_up()
    world.clock.turn(30)
    at_the_bound = world.reason(GERMAN)
    world.clock.turn(0.001)
    past_it = world.reason(GERMAN)
    world.between.is_cut = True
    cut = world.reason(GERMAN)

    assert (at_the_bound, past_it) == (("granted", LOCAL), ("granted", ASKED))
    assert cut == ("state_unavailable", DENIED)
    assert world.client.freshness is Freshness.UNREACHABLE
    assert world.client.check(ref_of(GERMAN), PURPOSE, DESTINATION).reason == "state_unavailable"


def test_a_service_that_just_failed_is_not_asked_again_at_once(world: World) -> None:
    world.between.is_cut = True
    world.reason(GERMAN)
    asked = world.count_checks()
    world.between.is_cut = False
    pausing = world.reason(GERMAN)
    world.clock.turn(5)

    assert (pausing, asked) == (("state_unavailable", DENIED), world.count_checks())
    assert world.reason(GERMAN) == ("granted", ASKED)


def test_age_is_counted_from_when_a_poll_began(world: World) -> None:
    world.catch_up()
    world.between.before = lambda _: world.clock.turn(20)
    world.client.follower.poll()
    world.clock.turn(10.001)

    assert world.client.freshness is Freshness.STALE


def test_a_poll_that_does_not_reach_the_end_makes_nothing_fresh(world: World) -> None:
    world.catch_up()
    world.clock.turn(31)
    for customer in (GERMAN, BRITON):
        record_choices(customer, "DE", "withdrawn")
    sequence_all()

    has_reached_end = world.client.follower.poll()
    halfway = world.client.freshness
    world.catch_up()

    assert (has_reached_end, halfway, world.client.freshness) == (False, Freshness.STALE, Freshness.FRESH)


def test_a_dead_sequencer_shows(world: World) -> None:
    world.catch_up()
    record_choices(GERMAN, "DE", "withdrawn")  # it waits for its place
    world.client.follower.poll()
    world.clock.turn(29)
    young = world.client.freshness
    world.clock.turn(1)

    assert young is Freshness.FRESH
    assert world.client.freshness is Freshness.STALE
    assert world.reason(GERMAN) == ("withdrawn", ASKED)


@pytest.mark.parametrize("seconds", [40 * 365 * 86_400, 31, -1, -900])
def test_a_clock_that_jumps_makes_nothing_fresh(world: World, seconds: float) -> None:
    world.catch_up()
    world.clock.turn(seconds)

    assert world.client.freshness is Freshness.STALE


def test_the_snapshot_outlives_a_restart_and_is_fresh_after_the_first_poll(world: World) -> None:
    world.catch_up()
    world.client.close()
    world.between.paths.clear()
    again = world.client = world.make()
    before_it_polled = again.freshness
    again.follower.poll()

    assert (before_it_polled, again.freshness) == (Freshness.STALE, Freshness.FRESH)
    assert world.reason(GERMAN) == ("granted", LOCAL)
    assert not [path for path in world.between.paths if path.endswith("/people")]


def test_a_restart_sees_what_happened_meanwhile_to_people_and_to_the_register(world: World) -> None:
    world.catch_up()
    world.client.close()
    record_choices(BRITON, "GB", "withdrawn")
    sequence_all()
    again = world.client = world.make()
    world.catch_up()
    withdrawn = world.reason(BRITON)
    again.close()
    suspend_destination(slug="ads", reason="audit", changed_by="officer", at=JUNE_1)
    sequence_all()
    world.client = world.make()
    world.catch_up()

    assert withdrawn == ("withdrawn", LOCAL)
    assert world.reason(GERMAN) == ("destination_suspended", LOCAL)


def flip(_: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    content = bytearray(response.content)
    content[-1] ^= 1
    return httpx2.Response(response.status_code, headers=response.headers, content=bytes(content))


def strip(_: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    return httpx2.Response(response.status_code, content=response.content)


@pytest.mark.parametrize("change", [flip, strip])
def test_a_page_that_was_changed_is_refused_and_nothing_of_it_is_kept(world: World, change: object) -> None:
    world.catch_up()
    world.between.change = change  # type: ignore[assignment]  # one of the two above
    record_choices(GERMAN, "DE", "withdrawn")
    sequence_all()
    with pytest.raises(PageRefused):
        world.client.follower.poll()

    assert world.reason(GERMAN) == ("granted", LOCAL)
    world.clock.turn(31)
    world.between.change = lambda _, response: response
    assert world.reason(GERMAN) == ("withdrawn", ASKED)


def test_an_earlier_page_for_the_same_position_is_refused(world: World) -> None:
    """Else whoever keeps one back could keep a withdrawal from ever being seen."""
    world.catch_up()
    kept: list[httpx2.Response] = []

    def replay(_: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        kept.append(response)
        return httpx2.Response(200, headers=kept[0].headers, content=kept[0].content)

    world.between.change = replay
    world.client.follower.poll()
    world.clock.turn(31)
    with pytest.raises(PageRefused):
        world.client.follower.poll()

    assert world.client.freshness is Freshness.STALE


def test_a_page_for_another_position_is_refused(world: World) -> None:
    """The service is asked for another page than the client asks for, and seals that."""

    first = min(ref_of(customer) for customer in (GERMAN, BRITON, WITHDRAWN, REFUSED))

    def mislead(request: httpx2.Request) -> None:
        if request.url.path.endswith("/people") and (asked := json.loads(request.read()))["after"] == "":
            other = httpx2.Request("POST", request.url, json=asked | {"after": first})
            headers = {**request.headers, "content-length": other.headers["content-length"]}
            request.__dict__.update(other.__dict__ | {"headers": httpx2.Headers(headers)})

    world.between.before = mislead
    with pytest.raises(PageRefused):
        world.client.follower.poll()

    assert world.client.freshness is Freshness.STALE


def test_pages_of_another_key_are_refused(world: World, tmp_path: Path) -> None:
    other = SigningKey.from_seed(settings.SIGNING_NAME, bytes(32)).verify_key.text
    client = world.make(verify_key=other, folder=tmp_path / "other")
    with pytest.raises(PageRefused):
        client.follower.poll()
    client.close()


def test_a_revoked_key_ends_freshness_at_the_next_poll(world: World) -> None:
    world.catch_up()
    revoke_key(name="gateway", at=timezone.now())
    with pytest.raises(CallerRefused):
        world.client.follower.poll()

    assert world.reason(GERMAN) == ("authentication_failed", DENIED)


def test_a_key_without_the_scopes_gets_nothing(world: World, tmp_path: Path) -> None:
    for number, scopes in enumerate(((Scope.CHECK,), (Scope.CHECK, Scope.SNAPSHOTS_READ))):
        world.key = make_key(*scopes, name=f"narrow-{number}")
        client = world.make(folder=tmp_path / str(number))
        with pytest.raises(CallerRefused):
            client.follower.poll()
        client.close()


def test_without_kinds_people_are_found_by_reference_only(world: World, tmp_path: Path) -> None:
    world.key = make_key(Scope.CHECK, Scope.SNAPSHOTS_READ, name="narrow")
    client = world.make(folder=tmp_path / "narrow", kinds=())
    world.catch_up(client)

    assert client.check(ref_of(GERMAN), PURPOSE, DESTINATION).source.value == LOCAL
    assert world.reason(GERMAN, client) == ("granted", ASKED)
    client.close()


def test_a_ledger_that_is_not_the_one_it_read_is_fetched_anew(world: World) -> None:
    world.catch_up()
    kept = world.client.follower._kept
    assert kept is not None
    assert kept.cursor is not None
    kept.cursor = type(kept.cursor)(kept.cursor.position, bytes(32))

    assert world.client.follower.poll() is False
    assert world.client.freshness is Freshness.STALE
    world.catch_up()
    assert world.reason(GERMAN) == ("granted", LOCAL)


def test_obligations_that_the_caller_does_not_honour_make_a_deny(world: World, tmp_path: Path) -> None:
    client = world.make(folder=tmp_path / "careless", honours=("mask",))
    asked = world.reason(GERMAN, client)
    world.catch_up(client)

    assert asked == ("obligations_not_honoured", ASKED)
    assert world.reason(GERMAN, client) == ("obligations_not_honoured", LOCAL)
    client.close()


def test_a_write_is_read_back_with_its_token(world: World) -> None:
    world.catch_up()
    written = caller(Scope.CONSENTS_WRITE, name="form").post("/api/v1/consents", consent(GERMAN, "withdrawn"))
    answer = world.client.check(
        ("customer_id", GERMAN), PURPOSE, DESTINATION, at_least=written.json()["token"]
    )

    assert (answer.reason, answer.source.value) == ("withdrawn", ASKED)


def test_what_is_no_question_is_denied_and_raises_nothing(world: World) -> None:
    world.catch_up()
    check = world.client.check
    answers = [
        check(("nickname", "Anna"), PURPOSE, DESTINATION),
        check(("customer_id", ""), PURPOSE, DESTINATION),
        check(None, PURPOSE, DESTINATION),  # type: ignore[arg-type]  # a caller's mistake
        check(ref_of(GERMAN), None, DESTINATION),  # type: ignore[arg-type]  # a caller's mistake
        check(ref_of(GERMAN), PURPOSE, DESTINATION, "nobody"),
        check(ref_of(GERMAN), PURPOSE, DESTINATION, jurisdicton="DE"),  # type: ignore[call-arg]  # misspelt
        check(ref_of(GERMAN), PURPOSE, DESTINATION, properties={"a": []}),  # type: ignore[dict-item]
        *world.client.check_many([None], PURPOSE, DESTINATION),  # type: ignore[list-item]
    ]

    assert not [answer for answer in answers if answer]


def test_one_folder_is_one_clients(world: World) -> None:
    world.client.take_folder()
    other = world.make()

    with pytest.raises(FolderTaken):
        other.take_folder()
    other.service.close()


def test_a_key_is_not_sent_in_the_open(world: World, tmp_path: Path) -> None:
    world.url = "http://consent.example"
    with pytest.raises(PlainHttpRefused):
        world.make(folder=tmp_path / "open")


def test_a_started_client_becomes_fresh_and_follows_by_itself(live: World, tmp_path: Path) -> None:
    with live.make(folder=tmp_path / "own", workings=Workings(poll_seconds=0.01)) as client:
        assert reaches(lambda: live.reason(GERMAN, client) == ("granted", LOCAL))
        record_choices(GERMAN, "DE", "withdrawn")
        sequence_all()
        assert reaches(lambda: live.reason(GERMAN, client) == ("withdrawn", LOCAL))


def reaches(is_so: Callable[[], bool], seconds: float = 20) -> bool:
    """Return whether something comes to be so."""
    ends, pause = time.monotonic() + seconds, Event()
    while not is_so():
        if time.monotonic() > ends:
            return False
        pause.wait(0.005)
    return True


def test_a_service_that_is_away_is_told_apart_from_one_that_lies(world: World) -> None:
    world.between.is_cut = True
    with pytest.raises(ServiceUnavailable):
        world.client.follower.poll()


def count_age_from_the_end_of_a_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Follower._poll_of
    monkeypatch.setattr(
        Follower, "_poll_of", lambda self, page, _, version: right(self, page, self._clock(), version)
    )


def check_no_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "break_seal", lambda *_, **__: None)


def bind_no_question(monkeypatch: pytest.MonkeyPatch) -> None:
    right = sealing._write
    monkeypatch.setattr(sealing, "_write", lambda page, address, _: right(page, address, {}))


def take_every_page_for_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Follower._poll_of
    monkeypatch.setattr(
        Follower,
        "_poll_of",
        lambda self, page, started, version: right(
            self, msgspec.structs.replace(page, reached_end=True), started, version
        ),
    )


def leave_pending_writes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Follower._poll_of
    monkeypatch.setattr(
        Follower,
        "_poll_of",
        lambda self, page, started, version: right(
            self, msgspec.structs.replace(page, pending_for=0), started, version
        ),
    )


def believe_polls_of_earlier_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KeptStore, "begin_session", lambda self: self._boot)


@pytest.mark.parametrize(
    ("plant", "test"),
    [
        (count_age_from_the_end_of_a_poll, test_age_is_counted_from_when_a_poll_began),
        (check_no_signature, test_an_earlier_page_for_the_same_position_is_refused),
        (bind_no_question, test_an_earlier_page_for_the_same_position_is_refused),
        (bind_no_question, test_a_page_for_another_position_is_refused),
        (take_every_page_for_the_last, test_a_poll_that_does_not_reach_the_end_makes_nothing_fresh),
        (leave_pending_writes_out, test_a_dead_sequencer_shows),
        (believe_polls_of_earlier_sessions, test_a_revoked_key_ends_freshness_at_the_next_poll),
    ],
)
def test_a_planted_bug_is_caught(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[pytest.MonkeyPatch], None],
    test: Callable[[World], None],
) -> None:
    plant(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test(world)
