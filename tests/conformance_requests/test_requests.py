"""What every kind of system does with a request, done once, twice, or held."""

import pytest

from consent.requests.connectors.interface import SystemFailed, SystemRefused
from consent.requests.types import OnErasure, StepAction, StepState
from tests.conformance_requests.asking import assert_silent, collect, find, report
from tests.conformance_requests.harness import (
    ALICE,
    BOB,
    BOUGHT,
    CUSTOMERS,
    KEY,
    NOBODY,
    ORDERS,
    PEOPLE,
    Fault,
    Harness,
)


def needs(harness: Harness, *actions: StepAction) -> None:
    """Leave out a kind that does not answer these at once: what it does instead has tests of its own."""
    if not harness.answers.issuperset(actions):
        pytest.skip("this kind answers later, or not")


def test_a_probe_says_what_is_there_and_no_secret(harness: Harness) -> None:
    told = harness.open().probe()

    assert told
    assert_silent(told)


def test_everything_that_is_a_persons_is_collected_and_nothing_else(harness: Harness) -> None:
    needs(harness, StepAction.COLLECT)
    harness.fill()

    outcome, rows = collect(harness.open())

    assert outcome.state is StepState.DONE
    assert report(outcome, CUSTOMERS).done == 1
    assert {row["name"] for dataset, row in rows if dataset == CUSTOMERS} == {"Planted-Name"}
    if harness.follows_references:
        assert report(outcome, ORDERS).done == 2
        assert {row["note"] for dataset, row in rows if dataset == ORDERS} == {"a kettle", "a lamp"}


def test_of_somebody_unknown_nothing_is_collected_or_erased(harness: Harness) -> None:
    needs(harness, StepAction.COLLECT, StepAction.ERASE)
    harness.fill()
    before = harness.held(CUSTOMERS), harness.held(ORDERS)

    _, rows = collect(harness.open(), NOBODY)
    outcome = harness.open().erase(NOBODY, key=KEY)

    assert rows == []
    assert outcome.state is StepState.DONE
    assert sum(one.done for one in outcome.datasets) == 0
    assert (harness.held(CUSTOMERS), harness.held(ORDERS)) == before


def test_a_dry_run_shows_what_would_go_and_changes_nothing(harness: Harness) -> None:
    if not harness.shows:
        pytest.skip("this kind shows nothing beforehand")
    harness.fill()
    before = harness.held(CUSTOMERS), harness.held(ORDERS)

    outcome, rows = find(harness.open(), limit=1)

    assert report(outcome, CUSTOMERS).found == 1
    assert len([dataset for dataset, _ in rows if dataset == CUSTOMERS]) == 1
    assert len([dataset for dataset, _ in rows if dataset == ORDERS]) <= 1
    assert (harness.held(CUSTOMERS), harness.held(ORDERS)) == before


def test_who_is_erased_is_gone_and_others_stay(harness: Harness) -> None:
    needs(harness, StepAction.ERASE, StepAction.VERIFY_GONE)
    harness.fill()

    outcome = harness.open().erase(ALICE, key=KEY)

    assert outcome.state is StepState.DONE
    assert report(outcome, CUSTOMERS).done == 1
    assert harness.held(CUSTOMERS) == [PEOPLE[1]]
    if harness.follows_references:
        assert report(outcome, ORDERS).done == 2
        assert harness.held(ORDERS) == [BOUGHT[2]]
    assert harness.open().verify_gone(ALICE, key=KEY).state is StepState.DONE


def test_erasing_twice_is_as_once_and_says_done(harness: Harness) -> None:
    needs(harness, StepAction.ERASE)
    harness.fill()
    harness.open().erase(ALICE, key=KEY)

    again = harness.open().erase(ALICE, key=KEY)

    assert again.state is StepState.DONE
    assert sum(one.kept for one in again.datasets) == 0
    assert harness.held(CUSTOMERS) == [PEOPLE[1]]


def test_a_hold_leaves_the_rows_alone_and_the_report_says_why(harness: Harness) -> None:
    needs(harness, StepAction.ERASE, StepAction.VERIFY_GONE)
    harness.fill()
    before = harness.held(CUSTOMERS), harness.held(ORDERS)
    held = {CUSTOMERS: {"hold": "case 12"}, ORDERS: {"hold": "case 12"}}

    outcome = harness.open(**held).erase(ALICE, key=KEY)
    verified = harness.open(**held).verify_gone(ALICE, key=KEY)

    assert (harness.held(CUSTOMERS), harness.held(ORDERS)) == before
    assert report(outcome, CUSTOMERS).done == 0
    assert report(outcome, CUSTOMERS).kept == 1
    assert "case 12" in report(outcome, CUSTOMERS).ground
    assert verified.state is StepState.DONE
    assert report(verified, CUSTOMERS).kept == 1


def test_what_is_kept_on_a_ground_stays_and_the_report_says_which(harness: Harness) -> None:
    needs(harness, StepAction.ERASE)
    harness.fill()
    kept = {"on_erasure": OnErasure.KEEP, "keep_ground": "tax law, ten years"}

    outcome = harness.open(**{CUSTOMERS: kept, ORDERS: kept}).erase(ALICE, key=KEY)

    assert harness.held(CUSTOMERS) == list(PEOPLE)
    assert report(outcome, CUSTOMERS).ground == "tax law, ten years"


def test_asking_again_finds_what_a_lying_erasure_left(harness: Harness) -> None:
    needs(harness, StepAction.ERASE, StepAction.VERIFY_GONE)
    harness.fill()
    with harness.lies():
        assert harness.open().erase(ALICE, key=KEY).state is StepState.DONE

    verified = harness.open().verify_gone(ALICE, key=KEY)

    assert verified.state is StepState.PARTLY_DONE
    assert CUSTOMERS in verified.note
    assert_silent(repr(verified))


def test_what_came_in_after_the_erasure_is_found_when_asked_again(harness: Harness) -> None:
    needs(harness, StepAction.ERASE, StepAction.VERIFY_GONE)
    harness.fill()
    harness.open().erase(ALICE, key=KEY)
    harness.put(CUSTOMERS, PEOPLE[:1])

    assert harness.open().verify_gone(ALICE, key=KEY).state is StepState.PARTLY_DONE


def test_a_correction_changes_the_persons_fields_and_nobody_elses(harness: Harness) -> None:
    needs(harness, StepAction.RECTIFY)
    harness.fill()

    outcome = harness.open().rectify(BOB, {"user.name": "Robert"}, key=KEY)

    assert outcome.state is StepState.DONE
    assert [row["name"] for row in harness.held(CUSTOMERS)] == ["Planted-Name", "Robert"]


def test_a_correction_of_what_nobody_declared_is_told_and_not_echoed(harness: Harness) -> None:
    needs(harness, StepAction.RECTIFY)
    harness.fill()

    outcome = harness.open().rectify(ALICE, {"planted-password": "3012345678"}, key=KEY)

    assert outcome.state is StepState.PARTLY_DONE
    assert_silent(repr(outcome))


def test_a_restriction_is_marked_or_left_to_a_human(harness: Harness) -> None:
    needs(harness, StepAction.RESTRICT)
    harness.fill()

    outcome = harness.open().restrict(ALICE, key=KEY)

    assert outcome.state in {StepState.DONE, StepState.PARTLY_DONE}
    assert outcome.state is StepState.DONE or outcome.note


@pytest.mark.parametrize("fault", Fault)
def test_a_system_that_is_not_well_fails_in_time_in_words_without_data(
    harness: Harness, fault: Fault
) -> None:
    if fault not in harness.faults:
        pytest.skip("this kind cannot have this fault")
    harness.fill()
    with harness.broken(fault):
        connector = harness.open()
        for ask in (
            lambda: connector.erase(ALICE, key=KEY),
            lambda: collect(connector),
            connector.probe,
        ):
            with pytest.raises((SystemFailed, SystemRefused)) as failed:
                ask()
            assert_silent(str(failed.value) + repr(failed.value.__cause__))

    assert harness.held(CUSTOMERS) == list(PEOPLE)
