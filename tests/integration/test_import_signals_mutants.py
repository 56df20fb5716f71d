"""The tests of importing strings bite: each way in which it could be wrong makes one of them fail."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from consent.records import importing
from consent.records.import_telling import count_signals
from consent.records.rules import signals as reading
from consent.records.signals.judging import Judge
from consent.records.signals.known import Known
from consent.signals.tcf import decode_leniently
from tests.integration import test_import_signals as tests
from tests.signal_files import UNTIMED
from tests.signals_world import NOON, publish_policy

pytestmark = pytest.mark.django_db

Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def _world(db: None, monkeypatch: Patch) -> None:
    monkeypatch.setattr("consent.ledger.queries.get_time", lambda: NOON)
    publish_policy()


def let_an_older_string_beat_a_newer_no(patch: Patch) -> None:
    """Let what stands later in the file count as later, whatever the string says itself."""
    moments = (NOON - timedelta(seconds=60 - place) for place in count())
    patch.setattr(reading, "_date", lambda *_: next(moments))


def let_one_bad_row_spoil_its_batch(patch: Patch) -> None:
    whole = importing._read_batch

    def read(*given: Any) -> Any:
        batch = whole(*given)
        if batch is not None and batch.faults:
            batch.found = []
        return batch

    patch.setattr(importing, "_read_batch", read)


def let_a_dry_run_write(patch: Patch) -> None:
    patch.setattr(importing, "_look", importing._import)


def weigh_rows_as_they_stand(patch: Patch) -> None:
    patch.setattr(importing._Batch, "put_in_order", lambda _: None)


def take_what_a_batch_holds_for_what_was_on_record(patch: Patch) -> None:
    class Forgetful(set[str]):
        def add(self, one: str) -> None:
            """Take note of nothing."""

    whole = Judge.__init__

    def begin(judge: Judge, *given: Any, **named: Any) -> None:
        whole(judge, *given, **named)
        judge.written = Forgetful()

    patch.setattr(Judge, "__init__", begin)


def read_leniently(patch: Patch) -> None:
    patch.setattr("consent.signals.tcf.decode", lambda text, **_: decode_leniently(text)[0])


def compare_with_the_latest_signal_alone(patch: Patch) -> None:
    whole = Known.find_earlier

    def find(known: Known, ref: Any, signal: Any, **given: Any) -> Any:
        kept = known.signals[ref]
        known.signals[ref] = [one for one in kept if one.kind is signal.kind][-1:]
        try:
            return whole(known, ref, signal, **given)
        finally:
            known.signals[ref] = kept

    patch.setattr(Known, "find_earlier", find)


def forget_what_was_counted_before(patch: Patch) -> None:
    patch.setattr(importing, "count_signals", lambda _, outcomes: count_signals({}, outcomes))


MUTANTS: dict[Callable[[Patch], None], Callable[[], None]] = {
    let_an_older_string_beat_a_newer_no: lambda: (
        tests.test_an_older_yes_never_beats_a_newer_no_in_whatever_order_they_stand(1, UNTIMED)
    ),
    let_one_bad_row_spoil_its_batch: lambda: (
        tests.test_a_row_that_is_out_of_order_is_told_by_line_column_and_reason_and_spoils_no_other(
            *tests.BROKEN["a wrong letter"]
        )
    ),
    let_a_dry_run_write: tests.test_a_dry_run_tells_what_would_be_rejected_and_writes_nothing,
    weigh_rows_as_they_stand: (
        tests.test_a_string_lifts_no_older_no_of_another_kind_in_whatever_order_a_batch_holds_them
    ),
    take_what_a_batch_holds_for_what_was_on_record: (
        tests.test_what_the_newest_string_says_counts_in_whatever_order_a_batch_holds_them
    ),
    read_leniently: lambda: (
        tests.test_a_row_that_is_out_of_order_is_told_by_line_column_and_reason_and_spoils_no_other(
            *tests.BROKEN["a segment twice"]
        )
    ),
    compare_with_the_latest_signal_alone: (
        tests.test_the_same_file_changes_nothing_and_its_rows_in_another_file_are_repeats
    ),
    forget_what_was_counted_before: tests.test_an_import_that_was_cut_short_goes_on_and_counts_the_whole,
}


@pytest.mark.parametrize("mutant", [pytest.param(one, id=one.__name__) for one in MUTANTS])
def test_a_wrong_import_is_found(mutant: Callable[[Patch], None], monkeypatch: Patch) -> None:
    mutant(monkeypatch)

    with pytest.raises(AssertionError):
        MUTANTS[mutant]()
