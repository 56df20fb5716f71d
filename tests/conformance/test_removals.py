"""People are taken out, and nobody else is."""

from tests.conformance.harness import Harness
from tests.conformance.rows import assert_holds, deliver

OTHER = "newsletter-readers"


def test_people_are_taken_out_and_the_others_stay(harness: Harness) -> None:
    sample = harness.sample()
    deliver(harness)

    receipt = harness.open().remove(harness.removal(sample.slice(1, 5)))

    assert_holds(harness, sample.slice(0, 1), sample.slice(6))
    assert receipt.reference


def test_taking_out_twice_is_as_once(harness: Harness) -> None:
    sample = harness.sample()
    deliver(harness)
    for _ in range(2):
        harness.open().remove(harness.removal(sample.slice(0, 2)))

    assert_holds(harness, sample.slice(2))


def test_one_who_is_not_there_is_no_error(harness: Harness) -> None:
    sample = harness.sample()
    deliver(harness, 1, sample.slice(0, 3))

    harness.open().remove(harness.removal(sample.slice(5)))
    harness.open().remove(harness.removal(sample.slice(0, 0), number=2))

    assert_holds(harness, sample.slice(0, 3))


def test_an_audience_that_was_never_delivered_can_lose_people(harness: Harness) -> None:
    harness.open().remove(harness.removal(harness.sample()))

    assert_holds(harness)


def test_other_audiences_keep_the_people(harness: Harness) -> None:
    deliver(harness)

    harness.open().remove(harness.removal(harness.sample(), audience=OTHER))

    assert_holds(harness, harness.sample())


def test_everybody_may_be_taken_out_and_come_back_with_a_later_run(harness: Harness) -> None:
    deliver(harness, 1)
    harness.open().remove(harness.removal(harness.sample()))
    assert_holds(harness)

    deliver(harness, 2)

    assert_holds(harness, harness.sample())
