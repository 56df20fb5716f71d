"""What a client may ask: questions a minute, different identifiers a day, over HTTP and between processes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from activation.checks import metering, services
from activation.checks.limits import Meter
from activation.checks.models import ApiKey, ClientUsage
from activation.checks.types import NO_LIMITS, Limits, Scope
from activation.checks.usage import flush
from config import limiting
from tests.enforcement_world import GERMAN, QUESTION, STRANGER, WITHDRAWN, make_world
from tests.metered_world import EVALUATION, client_of, make_key, question, use_fresh_meter

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _meter(monkeypatch: pytest.MonkeyPatch) -> None:
    use_fresh_meter(monkeypatch)


def ask(client: Any, customer: str = GERMAN) -> Any:
    body = {
        "subject": {"type": "customer_id", "id": customer},
        "action": {"name": QUESTION["purpose"]},
        "resource": {"type": "destination", "id": QUESTION["destination"]},
    }
    return client.post(EVALUATION, body)


def note(meter: Meter, client_id: int, *numbers: int) -> None:
    for number in numbers:
        meter.note(client_id, number.to_bytes(2, "big") + bytes([number]) * 30)


def test_every_answer_says_what_is_left_and_the_one_too_many_is_refused() -> None:
    client = client_of(make_key(limits=Limits(questions_per_minute=2)))

    answers = [ask(client) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert {answer["RateLimit-Policy"] for answer in answers} == {'"questions";q=2;w=60'}
    assert [answer["RateLimit"].split(";")[1] for answer in answers] == ["r=1", "r=0", "r=0"]
    refused = answers[2]
    assert refused.json()["code"] == "rate_limited"
    assert refused["Content-Type"] == "application/problem+json"
    assert 1 <= int(refused["Retry-After"]) <= 60


@pytest.mark.parametrize("address", ["/api/v1/changes", "/api/v1/ledger/checkpoint"])
def test_other_addresses_cost_a_question_each(address: str) -> None:
    scopes = (Scope.CHANGES_READ, Scope.LEDGER_READ)
    client = client_of(make_key("reader", *scopes, limits=Limits(questions_per_minute=1)))

    first, second = client.get(address), client.get(address)

    assert '"questions";r=0' in first["RateLimit"]  # 404, too, says so
    assert (second.status_code, second.json()["code"]) == (429, "rate_limited")


def test_a_malformed_question_costs_nothing_and_a_client_without_limits_is_told_none() -> None:
    limited = client_of(make_key(limits=Limits(questions_per_minute=1)))
    free = client_of(make_key("free", limits=NO_LIMITS))

    malformed = limited.post(EVALUATION, {})
    assert (malformed.status_code, malformed["RateLimit"]) == (400, '"questions";r=1;t=60')
    assert ask(limited).status_code == 200
    assert "RateLimit" not in ask(free)
    assert "RateLimit-Policy" not in ask(free)


def test_the_budget_counts_unknown_people_like_known_ones() -> None:
    make_world()
    known = client_of(make_key("known", limits=Limits(identifiers_per_day=1)))
    unknown = client_of(make_key("unknown", limits=Limits(identifiers_per_day=1)))

    told = [
        [ask(client, who) for who in asked]
        for client, asked in ((known, (GERMAN, WITHDRAWN)), (unknown, (STRANGER, "99998")))
    ]

    for first, second in told:
        assert (first.status_code, second.status_code) == (200, 429)
        assert second.json()["code"] == "identifier_budget_spent"
        assert 1 <= int(second["Retry-After"]) <= 86_400
    assert told[0][1].json() == told[1][1].json()


def test_asking_about_the_same_person_again_spends_no_budget() -> None:
    client = client_of(make_key(limits=Limits(identifiers_per_day=1)))

    assert [ask(client).status_code for _ in range(5)] == [200] * 5


def test_a_spent_budget_refuses_every_question_until_the_next_day() -> None:
    key = make_key(limits=Limits(identifiers_per_day=1))
    client, today = client_of(key), timezone.now()
    services.flush_usage(at=today)
    statuses = [ask(client, who).status_code for who in (GERMAN, STRANGER, GERMAN)]

    services.flush_usage(at=today + timedelta(days=1))

    assert statuses == [200, 429, 429]
    assert ask(client).status_code == 200


def test_a_restart_does_not_give_the_budget_back(monkeypatch: pytest.MonkeyPatch) -> None:
    client, now = client_of(make_key(limits=Limits(identifiers_per_day=2))), timezone.now()
    assert [ask(client, who).status_code for who in ("1", "2")] == [200, 200]
    services.flush_usage(at=now)

    use_fresh_meter(monkeypatch)
    services.flush_usage(at=now)

    assert ask(client, "2").status_code == 200
    assert ask(client, "3").status_code == 429


def test_two_processes_know_of_each_other_after_they_have_kept_what_they_counted() -> None:
    key, limits = make_key(), Limits(identifiers_per_day=5)
    one, other = Meter(), Meter()
    for meter, numbers in ((one, (1, 2, 3)), (other, (3, 4, 5, 6))):
        meter.watch(key.client_id, limits)
        flush(meter, at=NOON)
        note(meter, key.client_id, *numbers)
        assert not meter.is_budget_spent(key.client_id)

    flush(one, at=NOON)
    flush(other, at=NOON)
    assert (one.is_budget_spent(key.client_id), other.is_budget_spent(key.client_id)) == (False, True)

    note(one, key.client_id, 1)  # nothing new: it learns all the same
    flush(one, at=NOON)
    assert one.is_budget_spent(key.client_id)
    assert ClientUsage.objects.get().identifiers == 6


def test_what_could_not_be_kept_is_kept_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    key, meter = make_key(), Meter()
    flush(meter, at=NOON)
    note(meter, key.client_id, 1, 2)
    with monkeypatch.context() as patch:
        patch.setattr("activation.checks.usage._write", refuse)
        with pytest.raises(ConnectionError):
            flush(meter, at=NOON)

    flush(meter, at=NOON)

    assert ClientUsage.objects.get().identifiers == 2


def refuse(*_: object, **__: object) -> None:
    raise ConnectionError


def test_a_process_that_could_not_read_the_day_reads_it_the_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key, limits, before, restarted = make_key(), Limits(identifiers_per_day=1), Meter(), Meter()
    note(before, key.client_id, 1, 2)
    flush(before, at=NOON)
    restarted.watch(key.client_id, limits)
    with monkeypatch.context() as patch:
        patch.setattr("activation.checks.usage._stored", refuse)
        with pytest.raises(ConnectionError):
            flush(restarted, at=NOON)
    assert not restarted.is_budget_spent(key.client_id)

    flush(restarted, at=NOON)

    assert restarted.is_budget_spent(key.client_id)


def test_each_day_has_its_own_row_and_old_ones_go() -> None:
    key, meter = make_key(), Meter()
    for days in (0, 1, 40):
        flush(meter, at=NOON + timedelta(days=days))
        note(meter, key.client_id, 1)
        flush(meter, at=NOON + timedelta(days=days))

    rows = ClientUsage.objects.order_by("day").values_list("day", "identifiers")

    assert list(rows) == [((NOON + timedelta(days=40)).date(), 1)]


def test_the_last_use_is_kept_to_the_minute_and_written_once_a_minute(
    django_assert_num_queries: Any,
) -> None:
    key = make_key(limits=NO_LIMITS)
    client = client_of(key)
    services.flush_usage(at=NOON)  # the day's beginning
    ask(client)
    services.flush_usage(at=NOON)
    ask(client)
    with django_assert_num_queries(0):
        services.flush_usage(at=NOON + timedelta(seconds=20))
    assert ApiKey.objects.get(pk=key.key_id).last_used_at == NOON.replace(second=0)

    ask(client)
    services.flush_usage(at=NOON + timedelta(minutes=1))

    later = NOON.replace(minute=1, second=0)
    assert ApiKey.objects.get(pk=key.key_id).last_used_at == later


def test_a_process_that_is_late_does_not_turn_the_last_use_back() -> None:
    key = make_key()
    for minutes in (5, 3):
        metering.METER.use(key.key_id)
        services.flush_usage(at=NOON + timedelta(minutes=minutes))

    assert ApiKey.objects.get(pk=key.key_id).last_used_at == NOON.replace(minute=5, second=0)


def test_a_refused_key_is_no_use_of_it() -> None:
    key = make_key()
    services.revoke_key(name="tool", at=timezone.now())
    assert ask(client_of(key)).status_code == 401

    services.flush_usage(at=NOON)

    assert ApiKey.objects.get(pk=key.key_id).last_used_at is None


def test_a_raised_budget_lets_the_client_go_on_at_once() -> None:
    client = client_of(make_key(limits=Limits(identifiers_per_day=1)))
    assert [ask(client, who).status_code for who in ("1", "2")] == [200, 429]

    services.set_limits(name="tool", limits=Limits(identifiers_per_day=2), at=timezone.now())

    assert [ask(client, who).status_code for who in ("2", "3")] == [200, 429]


def test_usage_that_cannot_be_kept_is_logged_and_harms_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client, key = client_of(make_key()), ApiKey.objects.get()
    assert ask(client).status_code == 200
    for closing in ("connections.close_all", "close_old_connections"):  # of this test's own transaction
        monkeypatch.setattr(f"config.limiting.{closing}", lambda: None)
    with monkeypatch.context() as patch:
        patch.setattr("activation.checks.usage._keep_noted", refuse)
        limiting.keep_usage_once()
    assert "not kept" in caplog.text

    limiting.keep_usage_once()

    key.refresh_from_db()
    assert key.last_used_at is not None
    assert ClientUsage.objects.get().identifiers == 1


def test_test_keys_have_limits_too() -> None:
    limits = Limits(questions_per_minute=1)
    client = client_of(make_key("trial", limits=limits, is_test=True))

    assert [client.post(EVALUATION, question()).status_code for _ in range(2)] == [200, 429]
