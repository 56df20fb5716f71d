"""Consent changes as webhooks: whole, signed, in order, at least once, and never past what was not taken."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from activation.changes import handing_over, queries, services, tasks, turns
from activation.changes.models import ParkedMessage, Subscription
from activation.changes.sending import Sender
from activation.changes.types import SubscriptionState, Turn
from config.followers import FOLLOWERS
from consent.ledger import queries as ledger
from consent.ledger.services import FeedLoop
from consent.ledger.types import Stream
from consent.network.hosts import AddressRefused
from consent.subjects import services as subjects
from consent.subjects.types import SubjectRef
from tests.changes_world import SLUG, deliver, record, replay, rest, subscribe, withdraw
from tests.conformance.harness import Fault
from tests.fakes.change_receiver import SECRET, ChangeReceiver
from tests.fakes.service import Reply, running
from tests.ledger_world import sequence_all
from tests.policy_officers import make_officer
from tests.records_world import JUNE_1, publish_policy

pytestmark = pytest.mark.django_db
NEW_SECRET = "whsec_" + "YW5vdGhlci1zZWNyZXQtb2YtdGhlLXRlc3Rz"


@pytest.fixture
def receiver() -> Iterator[ChangeReceiver]:
    publish_policy()
    with running(ChangeReceiver) as found:
        yield found


def position() -> int:
    return Subscription.objects.get(slug=SLUG).position


def test_every_change_goes_out_once_and_tells_what_the_ledger_has(receiver: ChangeReceiver) -> None:
    subscribe(receiver)
    alice, bob = record("00001", "00002")
    withdraw("00001")

    assert deliver() is Turn.AT_END

    told = sorted(receiver.data, key=lambda one: one["index"])
    assert [(one["subject_ref"], one["choice"]) for one in told] == [
        (alice.subject_ref, "granted"),
        (bob.subject_ref, "granted"),
        (alice.subject_ref, "withdrawn"),
    ]
    assert [one["event_id"] for one in told] == [
        entry.event_id
        for entry in ledger.list_changes(after=0, stream=Stream.CONSENT)
        if entry.kind == "choice_recorded"
    ]
    assert receiver.complaints == receiver.repeats == []
    assert position() == ledger.get_size()


def test_no_identifier_and_nothing_of_a_form_or_a_source_goes_out(receiver: ChangeReceiver) -> None:
    subscribe(receiver)
    record("00001")

    deliver()

    told = b"".join(asked.body for asked in receiver.asked).decode()
    assert receiver.data
    for word in ("customers.example", "00001", "checkout-2026", '"source"', "checkbox"):
        assert word not in told


def test_links_and_erasures_go_out_whatever_the_purposes(receiver: ChangeReceiver) -> None:
    subscribe(receiver, purposes=["marketing.email"])
    alice, bob = record("00001", "00002")
    officer = make_officer("olga")
    named: dict[str, Any] = {"officer": officer.pk, "reason": "one person", "at": JUNE_1}
    left, right = SubjectRef(alice.subject_ref), SubjectRef(bob.subject_ref)
    subjects.link_by_officer(left=left, right=right, **named)
    subjects.unlink_subjects(left=left, right=right, **named)
    subjects.erase_subject(ref=left, requested_by="request 1", at=JUNE_1)
    sequence_all()

    deliver()

    assert [event["type"] for event in receiver.events][2:] == [
        "consent.subjects_linked",
        "consent.subjects_unlinked",
        "consent.subject_erased",
    ]
    assert "one person" not in json.dumps(receiver.events)
    assert "request 1" not in json.dumps(receiver.events)


def test_only_what_was_asked_for_goes_out_and_the_position_passes_the_rest(receiver: ChangeReceiver) -> None:
    subscribe(receiver, purposes=["marketing.email"])
    record("00001")
    withdraw("00002", purpose="*")
    withdraw("00003", purpose="marketing")
    withdraw("00004", purpose="analytics")
    withdraw("00005", purpose="marketing.email.newsletter")
    withdraw("00006", purpose="marketing.emails")

    deliver()

    told = sorted(receiver.data, key=lambda one: one["index"])
    purposes = [one["purpose"] for one in told]
    assert purposes == ["marketing.email", "*", "marketing", "marketing.email.newsletter"]
    assert position() == ledger.get_size()


def test_one_subjects_messages_come_in_order_while_several_are_on_their_way(
    receiver: ChangeReceiver,
) -> None:
    people = [f"{number:05}" for number in range(1, 9)]
    subscribe(receiver, settings={"in_flight": 8})
    for _ in range(4):
        record(*people)
        withdraw(*people)

    deliver()

    found = receiver.indexes_by_subject()
    assert len(found) == len(people)
    assert all(len(indexes) == 8 and indexes == sorted(indexes) for indexes in found.values())


@pytest.mark.parametrize(
    "fault", [Reply(503), Reply(500), Reply(408), "close", "half", Reply(302), Reply(404)]
)
def test_trouble_at_the_receiver_holds_everything_back_and_loses_nothing(
    receiver: ChangeReceiver, fault: Reply | str
) -> None:
    subscribe(receiver, settings={"in_flight": 1, "timeout_seconds": 0.5})
    record("00001", "00002", "00003")
    receiver.next = [Reply(204, b""), fault]

    assert deliver() is Turn.PUT_OFF
    row = Subscription.objects.get(slug=SLUG)
    assert row.position < ledger.get_size()
    assert row.next_attempt_at is not None
    assert row.last_error
    assert deliver() is Turn.IDLE
    rest()
    assert deliver() is Turn.AT_END

    assert len(receiver.data) == 2  # the first was taken by the reply that was planned
    assert position() == ledger.get_size()
    assert Subscription.objects.get(slug=SLUG).failures == 0
    assert not ParkedMessage.objects.exists()


def test_how_long_to_wait_is_the_receivers_to_say(receiver: ChangeReceiver) -> None:
    subscribe(receiver)
    record("00001")
    receiver.next = [Reply(429, headers={"Retry-After": "120"})]

    deliver()

    row = Subscription.objects.get(slug=SLUG)
    assert row.next_attempt_at is not None
    assert row.next_attempt_at - ledger.get_time() > timedelta(seconds=100)


def test_what_was_taken_beyond_a_failure_is_not_sent_again(receiver: ChangeReceiver) -> None:
    subscribe(receiver, settings={"in_flight": 1})
    record("00001", "00002", "00003")
    first = next(one for one in ledger.list_changes(after=0) if one.kind == "choice_recorded")
    receiver.refuses = {first.event_id: 422}

    assert deliver() is Turn.PUT_OFF
    assert len(receiver.data) == 2
    assert position() == first.index
    receiver.refuses = {}
    rest()
    assert deliver() is Turn.AT_END

    assert len(receiver.data) == 3
    assert receiver.repeats == []


def test_a_message_that_is_refused_for_itself_is_parked_and_can_be_sent_again(
    receiver: ChangeReceiver,
) -> None:
    subscribe(receiver)
    record("00001", "00002")
    withdraw("00001")
    first = next(one for one in ledger.list_changes(after=0) if one.kind == "choice_recorded")
    receiver.refuses = {first.event_id: 422}

    for _ in range(turns.TRIES - 1):
        assert deliver() is Turn.PUT_OFF
        rest()
    assert deliver() is Turn.AT_END

    parked = ParkedMessage.objects.get()
    assert (parked.event_id, parked.status, parked.tries) == (first.event_id, 422, turns.TRIES)
    assert parked.parked_at is not None
    assert [one["choice"] for one in receiver.data] == ["granted", "withdrawn"]
    assert position() == ledger.get_size()
    assert queries.get_subscription(slug=SLUG).parked == 1

    receiver.refuses = {}
    services.replay_parked(message_id=parked.pk, asked_by="officer")
    assert replay() is Turn.AT_END

    assert receiver.data[-1]["event_id"] == first.event_id
    assert queries.get_subscription(slug=SLUG).parked == 0
    with pytest.raises(services.MessageNotParked):
        services.replay_parked(message_id=parked.pk, asked_by="officer")


def test_a_receiver_that_is_gone_disables_the_subscription_with_the_reason(receiver: ChangeReceiver) -> None:
    subscribe(receiver)
    record("00001")
    receiver.next = [Reply(410)]

    assert deliver() is Turn.ENDED
    row = Subscription.objects.get(slug=SLUG)
    assert row.state == SubscriptionState.DISABLED
    assert "410" in row.reason
    assert deliver() is Turn.IDLE

    services.resume_subscription(slug=SLUG, changed_by="officer")
    assert deliver() is Turn.AT_END
    assert len(receiver.data) == 1


def test_a_receiver_that_was_down_for_long_gets_everything(receiver: ChangeReceiver) -> None:
    subscribe(receiver)
    with receiver.broken(Fault.UNREACHABLE):
        for number in range(1, 21):
            record(f"{number:05}")
            deliver()
            rest()
    assert receiver.data == []
    row = Subscription.objects.get(slug=SLUG)
    assert row.failures == 20

    assert deliver() is Turn.AT_END

    assert len(receiver.data) == 20


def test_a_worker_killed_between_sending_and_writing_sends_again_under_the_same_ids(
    receiver: ChangeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(receiver)
    record("00001", "00002")

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(turns, "_write", die)
        with pytest.raises(Killed):
            deliver()
    assert len(receiver.data) == 2
    assert deliver() is Turn.IDLE  # the lease of the dead one
    Subscription.objects.update(leased_until=ledger.get_time())

    assert deliver() is Turn.AT_END

    assert len(receiver.data) == 2
    assert sorted(receiver.repeats) == sorted(receiver.known)


def test_a_worker_that_outlives_its_lease_writes_nothing(
    receiver: ChangeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(receiver)
    record("00001")
    hand_over = handing_over.hand_over

    def take_long(*given: object, **named: object) -> object:
        """Send; meanwhile the lease is over, and another worker goes further."""
        result = hand_over(*given, **named)  # type: ignore[arg-type]
        monkeypatch.setattr(turns, "hand_over", hand_over)
        Subscription.objects.update(leased_until=ledger.get_time())
        record("00002")
        assert deliver() is Turn.AT_END
        return result

    monkeypatch.setattr(turns, "hand_over", take_long)
    assert deliver() is Turn.FENCED

    assert position() == ledger.get_size()
    assert len(receiver.data) == 2


def test_a_replay_is_byte_for_byte_what_went_out_first_and_leaves_the_position(
    receiver: ChangeReceiver,
) -> None:
    subscribe(receiver)
    record("00001", "00002")
    withdraw("00001")
    deliver()
    first, before = [asked.body for asked in receiver.asked], position()
    ids = [asked.headers["webhook-id"] for asked in receiver.asked]
    receiver.forget()

    services.replay_changes(slug=SLUG, begin=0, until=None, asked_by="officer")
    record("00003")
    assert replay() is Turn.AT_END

    assert sorted(asked.body for asked in receiver.asked) == sorted(first)
    assert sorted(asked.headers["webhook-id"] for asked in receiver.asked) == sorted(ids)
    assert position() == before
    assert replay() is Turn.IDLE
    assert deliver() is Turn.AT_END
    assert len(receiver.data) == 4


def test_a_part_of_the_ledger_is_replayed_and_no_more(receiver: ChangeReceiver) -> None:
    subscribe(receiver)
    record("00001")
    half = sequence_all()
    record("00002")
    deliver()
    receiver.forget()

    services.replay_changes(slug=SLUG, begin=0, until=half, asked_by="officer")
    replay()

    assert len(receiver.data) == 1
    for begin, until in ((0, position() + 1), (5, 5), (-1, 3), (6, 2)):
        with pytest.raises(services.PositionOutOfRange):
            services.replay_changes(slug=SLUG, begin=begin, until=until, asked_by="officer")


def test_while_a_secret_takes_anothers_place_messages_are_signed_with_both(receiver: ChangeReceiver) -> None:
    subscribe(receiver)
    record("00001")

    services.rotate_secret(slug=SLUG, secret=NEW_SECRET, changed_by="officer", at=ledger.get_time())
    deliver()
    receiver.secrets = [NEW_SECRET]
    record("00002")
    assert deliver() is Turn.AT_END
    services.rotate_secret(
        slug=SLUG, secret=SECRET, changed_by="officer", at=ledger.get_time(), overlap=timedelta(0)
    )
    record("00003")
    assert deliver() is Turn.PUT_OFF  # the receiver knows the old one only

    assert len(receiver.data) == 2


@pytest.mark.parametrize(
    "url",
    [
        "http://consent.example/in",
        "https://169.254.169.254/in",
        "https://user:word@consent.example/",
        "nothing",
    ],
)
def test_nobody_may_be_at_an_address_that_leads_inside(settings: Any, url: str) -> None:
    settings.ALLOW_LOCAL_DESTINATIONS = False
    with pytest.raises(AddressRefused):
        subscribe(None, settings={"url": url})

    assert not Subscription.objects.exists()


def test_an_address_that_was_let_through_once_is_checked_each_time(
    receiver: ChangeReceiver, settings: Any
) -> None:
    subscribe(receiver)
    record("00001")
    settings.ALLOW_LOCAL_DESTINATIONS = False

    assert deliver() is Turn.PUT_OFF

    assert receiver.asked == []
    assert Subscription.objects.get(slug=SLUG).last_error


def test_a_malformed_secret_slug_purpose_or_position_makes_nothing(receiver: ChangeReceiver) -> None:
    faults: list[dict[str, Any]] = [
        {"slug": "CRM"},
        {"slug": "c.r"},
        {"title": ""},
        {"purposes": ["marketing.emial"]},
        {"secrets": {"signing_secret": "secret"}},
        {"secrets": {"other": "x"}},
        {"position": 10**6},
        {"position": -1},
    ]
    for wrong in faults:
        with pytest.raises(services.MalformedSubscription):
            subscribe(receiver, **{"slug": SLUG, **wrong})

    assert not Subscription.objects.exists()


def test_a_paused_subscription_sends_nothing_and_goes_on_where_it_was(receiver: ChangeReceiver) -> None:
    subscribe(receiver)
    services.pause_subscription(slug=SLUG, reason="the CRM moves", changed_by="officer")
    record("00001")

    assert deliver() is Turn.IDLE
    services.resume_subscription(slug=SLUG, changed_by="officer")
    assert deliver() is Turn.AT_END

    assert len(receiver.data) == 1


def test_a_test_message_tells_nothing_and_is_no_change(receiver: ChangeReceiver) -> None:
    subscribe(receiver)
    services.check_subscription(slug=SLUG)

    assert [event["type"] for event in receiver.events] == ["subscription.tested"]


def test_a_worker_is_woken_for_what_waits_once_until_it_comes(receiver: ChangeReceiver) -> None:
    subscribe(receiver)
    subscribe(receiver, "idle", position=None)
    woken: list[str] = []

    services.wake_subscriptions(woken.append)
    assert woken == []
    record("00001")
    services.wake_subscriptions(woken.append)
    services.wake_subscriptions(woken.append)

    assert sorted(woken) == [SLUG, "idle"]
    deliver()
    record("00002")
    services.wake_subscriptions(woken.append)
    assert sorted(woken) == [SLUG, SLUG, "idle"]


def test_what_happens_to_subscriptions_stands_in_the_audit_stream_without_secrets(
    receiver: ChangeReceiver,
) -> None:
    subscribe(receiver)
    services.rotate_secret(slug=SLUG, secret=NEW_SECRET, changed_by="officer", at=JUNE_1)
    services.pause_subscription(slug=SLUG, reason="moves", changed_by="officer")
    sequence_all()

    entries = ledger.list_changes(after=0, stream=Stream.AUDIT)
    assert [one.kind for one in entries] == [
        "subscription_connected",
        "subscription_secret_rotated",
        "subscription_paused",
    ]
    told = b"".join(entry.envelope for entry in entries)
    assert b"whsec" not in told
    assert receiver.url.encode() not in told


def test_an_entry_that_cannot_be_read_holds_the_subscription_and_is_shown_without_its_words(
    receiver: ChangeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(receiver)
    record("00001")

    def fail(*_: object) -> None:
        raise ValueError("planted-7c1d")

    with monkeypatch.context() as patched:
        patched.setattr("activation.changes.windows.read_change", fail)
        assert deliver() is Turn.PUT_OFF

    row = Subscription.objects.get(slug=SLUG)
    assert row.last_error.startswith("a fault of the service's own (ValueError)")
    assert (row.position, row.leased_until) == (0, None)
    rest()
    assert deliver() is Turn.AT_END
    assert len(receiver.data) == 1


@pytest.mark.usefixtures("committed_database")
def test_no_transaction_is_open_while_the_receiver_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    publish_policy()
    seen: list[bool] = []
    send_all = Sender.send_all

    def look(self: Sender, *given: object, **named: object) -> object:
        seen.append(connection.in_atomic_block)
        return send_all(self, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Sender, "send_all", look)
    with running(ChangeReceiver) as receiver:
        subscribe(receiver)
        record("00001")
        assert deliver() is Turn.AT_END

    assert seen == [False]


def test_threads_that_send_do_not_connect_to_the_database(
    receiver: ChangeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would close what they open."""
    connect, connected = BaseDatabaseWrapper.connect, set()

    def note(self: BaseDatabaseWrapper) -> None:
        connected.add(threading.current_thread())
        connect(self)

    monkeypatch.setattr(BaseDatabaseWrapper, "connect", note)
    subscribe(receiver)
    record("00001", "00002", "00003")

    assert deliver() is Turn.AT_END

    assert len(receiver.data) == 3
    assert connected <= {threading.current_thread()}


@pytest.mark.usefixtures("committed_database")
def test_of_many_workers_one_serves_a_subscription_at_a_time() -> None:
    publish_policy()
    with running(ChangeReceiver) as receiver:
        subscribe(receiver)
        record("00001", "00002", "00003")
        found: list[Turn] = []

        def work() -> None:
            found.append(deliver())
            connections.close_all()

        crew = [threading.Thread(target=work) for _ in range(4)]
        for thread in crew:
            thread.start()
        for thread in crew:
            thread.join(30)

        assert set(found) <= {Turn.AT_END, Turn.IDLE}
        assert receiver.repeats == []
        assert len(receiver.data) == 3


@pytest.mark.usefixtures("committed_database")
def test_news_wakes_a_worker_over_the_feed_and_its_task_delivers(monkeypatch: pytest.MonkeyPatch) -> None:
    publish_policy()
    done = threading.Event()

    def send_task(name: str, *, kwargs: dict[str, Any], **_: object) -> None:
        assert name == "changes.deliver"
        tasks.deliver(**kwargs, more_than_we_know=1)
        done.set()

    monkeypatch.setattr(current_app, "send_task", send_task, raising=False)
    with running(ChangeReceiver) as receiver:
        subscribe(receiver, position=None)
        stop = threading.Event()
        loop = FeedLoop(followers=FOLLOWERS, should_stop=stop.is_set, wait=stop.wait)
        thread = threading.Thread(target=loop.run)
        thread.start()
        try:
            record("00001")
            assert done.wait(30)
        finally:
            stop.set()
            thread.join(30)

        assert len(receiver.data) == 1


def test_credentials_are_wrapped_anew_when_the_master_key_changes(
    receiver: ChangeReceiver, settings: Any
) -> None:
    subscribe(receiver)
    settings.MASTER_KEYS = {**settings.MASTER_KEYS, 2: b"\x44" * 32}

    assert services.rewrap_secrets() == 1
    assert services.rewrap_secrets() == 0
    settings.MASTER_KEYS = {2: b"\x44" * 32}
    record("00001")
    assert deliver() is Turn.AT_END


class TestMutants:
    """Each of these bugs is seen by a test above; here it is planted, so that this stays so."""

    def test_a_position_that_moves_before_delivery_loses_messages(
        self, receiver: ChangeReceiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hand_over = handing_over.hand_over

        def move_first(row: Subscription, *given: object, **named: object) -> object:
            Subscription.objects.filter(pk=row.pk).update(position=ledger.get_size())
            return hand_over(row, *given, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(turns, "hand_over", move_first)
        monkeypatch.setattr(turns, "advance", lambda *_, end, **__: (end, []))

        with pytest.raises(AssertionError):
            test_trouble_at_the_receiver_holds_everything_back_and_loses_nothing(receiver, Reply(503))

    def test_a_fence_that_is_ignored_takes_the_position_back(
        self, receiver: ChangeReceiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def end(row: Subscription, **changes: object) -> bool:
            return bool(Subscription.objects.filter(pk=row.pk).update(leased_until=None, **changes))

        monkeypatch.setattr(turns, "end", end)

        with pytest.raises(AssertionError):
            test_a_worker_that_outlives_its_lease_writes_nothing(receiver, monkeypatch)

    def test_a_filter_that_is_ignored_tells_too_much(
        self, receiver: ChangeReceiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("activation.changes.windows.is_wanted", lambda *_: True)

        with pytest.raises(AssertionError):
            test_only_what_was_asked_for_goes_out_and_the_position_passes_the_rest(receiver)
