"""How patiently a recipient is asked: again where it may help, never for ever, and nobody sleeps here."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from consent.network.client import Answer, open_client
from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.network.patience import Asker, Patience, Question, wanted_wait
from tests.fakes.service import Asked, FakeService, Reply, running

DATE = "Sun, 29 Nov 2026 10:00:00 GMT"


class Parrot(FakeService):
    """Says what it was told to, and then that all is well."""

    def answer(self, asked: Asked) -> Reply:
        return Reply(200, {"said": asked.body.decode()})


@pytest.fixture
def parrot() -> Iterator[Parrot]:
    with running(Parrot) as service:
        yield service


def ask(
    service: Parrot, slept: list[float], make: Callable[[], Question] | None = None, **told: Any
) -> Answer:
    patience = Patience(**{"attempts": 4, "first_wait_seconds": 1.0, "longest_wait_seconds": 5.0, **told})
    patience = Patience(
        attempts=patience.attempts,
        first_wait_seconds=patience.first_wait_seconds,
        longest_wait_seconds=patience.longest_wait_seconds,
        sleep=slept.append,
    )
    with open_client(service.url, allow_local=True) as client:
        asker = Asker(client=client, name="the parrot", patience=patience)
        return asker.ask(make or (lambda: Question(method="POST", content=b"private-word")))


@pytest.mark.parametrize("trouble", [Reply(500), Reply(503), Reply(429), Reply(408), "close", "half"])
def test_trouble_is_asked_again_after_longer_and_longer_waits(parrot: Parrot, trouble: Reply | str) -> None:
    slept: list[float] = []
    parrot.next = [trouble, trouble, trouble]

    assert ask(parrot, slept).status == 200
    assert slept == [1.0, 2.0, 4.0]


def test_trouble_that_stays_is_a_failure_after_the_last_attempt(parrot: Parrot) -> None:
    slept: list[float] = []
    parrot.next = [Reply(503)] * 9

    with pytest.raises(DeliveryFailed):
        ask(parrot, slept)

    assert len(parrot.asked) == 4
    assert len(slept) == 3


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 409, 410, 413, 422, 451])
def test_a_refusal_is_not_asked_again_and_tells_nothing_that_was_sent(parrot: Parrot, status: int) -> None:
    slept: list[float] = []
    parrot.next = [Reply(status, {"error": "you sent private-word"}, {"Location": "http://127.0.0.1:9/"})]

    with pytest.raises(DeliveryRefused) as refused:
        ask(parrot, slept)

    assert str(status) in str(refused.value)
    assert "private-word" not in str(refused.value)
    assert (len(parrot.asked), slept) == (1, [])


def test_a_recipient_that_names_a_wait_is_given_it(parrot: Parrot) -> None:
    slept: list[float] = []
    parrot.next = [Reply(429, {}, {"Retry-After": "3"}), Reply(503, {}, {"Retry-After": "0"})]

    assert ask(parrot, slept).status == 200
    assert slept == [3.0, 2.0]


def test_a_recipient_that_wants_too_long_a_wait_is_left_at_once(parrot: Parrot) -> None:
    slept: list[float] = []
    parrot.next = [Reply(429, {}, {"Retry-After": "3600"})]

    with pytest.raises(DeliveryFailed, match="3600"):
        ask(parrot, slept)

    assert slept == []


def test_waits_do_not_grow_beyond_the_longest(parrot: Parrot) -> None:
    slept: list[float] = []
    parrot.next = [Reply(500)] * 5

    ask(parrot, slept, attempts=6)

    assert slept == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_each_attempt_makes_its_question_anew(parrot: Parrot) -> None:
    made: list[int] = []

    def make() -> Question:
        made.append(len(made))
        return Question(method="POST", content=str(made[-1]).encode())

    parrot.next = [Reply(503), "close"]
    answer = ask(parrot, [], make)

    assert made == [0, 1, 2]
    assert answer.content == b'{"said": "2"}'


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": " 12 "}, 12.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "²"}, None),
        ({"retry-after": "9" * 400}, 999_999_999.0),
        ({"retry-after": "Sun, 29 Nov 2026 10:00:30 GMT", "date": DATE}, 30.0),
        ({"retry-after": "Sun, 29 Nov 2026 09:00:00 GMT", "date": DATE}, 0.0),
        ({"retry-after": "Sun, 29 Nov 2026 10:00:30 GMT"}, None),
        ({"retry-after": "tomorrow", "date": DATE}, None),
        ({"x-ratelimit-reset": "1795946420", "date": DATE}, 20.0),
        ({"x-ratelimit-reset": "1795946420"}, None),
        ({"x-ratelimit-reset": "soon", "date": "never"}, None),
    ],
)
def test_how_long_a_recipient_asks_to_wait(headers: dict[str, str], wait: float | None) -> None:
    assert wanted_wait(Answer(status=429, headers=headers, content=b"")) == wait
