"""Daily counts of choices: each is counted once, whoever dies, and they can be made anew."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import transaction

from activation.desk.home import counting, rebuilding
from activation.desk.home.counting import OtherLedgerCounted, count_next, get_counted
from activation.desk.home.models import ChoiceCount, CountPosition
from activation.desk.home.rebuilding import rebuild_counts
from consent.ledger.queries import get_time
from consent.records.models import ConsentRecord
from consent.subjects.queries import find_subjects
from consent.subjects.services import erase_subject
from consent.subjects.types import Identifier, IdentifierKind, SubjectRef
from tests.canary_world import make_canaries
from tests.enforcement_world import make_world
from tests.ledger_world import sequence_all
from tests.records_world import make_choice, make_fact, make_new_row, publish_policy, record_all
from tests.retention_world import apply, seal, short_rules

pytestmark = pytest.mark.django_db
Death = Callable[[], AbstractContextManager[object]]


class Killed(BaseException):
    """Stands for the death of the process."""


def killed_in(name: str, *, after: bool) -> AbstractContextManager[object]:
    """Let the process die when it calls `name`, or right after that."""
    original = getattr(counting, name)

    def die(*arguments: object) -> None:
        if after:
            original(*arguments)
        raise Killed

    return patch.object(counting, name, die)


DEATHS: dict[str, Death] = {
    "before the counts": lambda: killed_in("add_counts", after=False),
    "between counts and position": lambda: killed_in("add_counts", after=True),
    "before the commit": lambda: killed_in("move_position", after=True),
}


def record_some() -> None:
    """Record two grants and a refusal in Germany, a grant in Britain and one of nobody knows where."""
    publish_policy()
    british = [make_fact(value="GB")]
    record_all(
        make_new_row("1"),
        make_new_row("2"),
        make_new_row("3", choices=[make_choice(choice="refused")]),
        make_new_row("4", facts=british),
        make_new_row("5", facts=[]),
    )
    sequence_all()


EXPECTED = Counter({("DE", "granted"): 2, ("DE", "refused"): 1, ("GB", "granted"): 1, ("", "granted"): 1})


def counts() -> Counter[tuple[str, str]]:
    """Return what is counted, all days and purposes together."""
    found: Counter[tuple[str, str]] = Counter()
    for row in ChoiceCount.objects.order_by("pk"):
        found[row.jurisdiction, row.choice] += row.count
    return found


def count_all(*, limit: int = 3) -> None:
    """Count to the ledger's end, in steps so small that there are several."""
    while not count_next(limit=limit):
        pass


def ref_of(number: str) -> SubjectRef:
    """Return the reference of the person with this customer number."""
    [refs] = find_subjects([[Identifier(IdentifierKind.CUSTOMER_ID, number)]])
    [ref] = refs
    return ref


def test_choices_are_counted_by_day_purpose_residence_and_choice() -> None:
    record_some()

    count_all()

    assert counts() == EXPECTED
    days = {record.recorded_at.date() for record in ConsentRecord.objects.order_by("pk")}
    assert set(ChoiceCount.objects.values_list("day", "purpose")) == {
        (day, "marketing.email") for day in days
    }
    assert get_counted().behind == 0


def test_nothing_is_counted_twice_however_often_it_is_looked() -> None:
    record_some()
    count_all()

    assert count_next()
    assert counts() == EXPECTED


def test_where_somebody_lived_when_they_chose_counts_and_not_where_they_moved_to() -> None:
    publish_policy()
    record_all(make_new_row("1"))
    moved = make_fact(value="GB", effective_at="2026-02-01T00:00:00Z")
    record_all(make_new_row("1", choices=[make_choice(choice="withdrawn")], facts=[moved]))
    sequence_all()

    count_all()

    assert counts() == {("DE", "granted"): 1, ("GB", "withdrawn"): 1}


def test_canaries_are_nobody_and_in_no_count() -> None:
    make_world()
    make_canaries()
    sequence_all()

    count_all(limit=500)

    people = ConsentRecord.objects.exclude(source="canary").count()
    assert sum(counts().values()) == people
    assert people < ConsentRecord.objects.count()


@pytest.mark.usefixtures("committed_database")
@pytest.mark.parametrize("death", DEATHS.values(), ids=list(DEATHS))
def test_a_process_that_dies_skips_no_choice_and_counts_none_twice(death: Death) -> None:
    record_some()
    count_next(limit=4)
    before = CountPosition.objects.get().position

    with death(), pytest.raises(Killed):
        count_next(limit=4)

    assert CountPosition.objects.get().position == before
    count_all()
    assert counts() == EXPECTED


@pytest.mark.usefixtures("committed_database")
def test_mutant_counts_that_commit_before_the_position_are_counted_twice() -> None:
    record_some()
    unbound = count_next.__wrapped__  # type: ignore[attr-defined]  # without its transaction
    held = patch.object(
        counting, "hold_position", lambda: CountPosition.objects.get_or_create(pk="choices")[0]
    )

    with held, killed_in("add_counts", after=True), pytest.raises(Killed):
        unbound(limit=1000)

    count_all()
    assert counts() != EXPECTED


@pytest.mark.usefixtures("committed_database")
def test_while_one_process_counts_another_finds_nothing_to_do() -> None:
    record_some()
    count_next(limit=1)
    position = CountPosition.objects.get().position

    with transaction.atomic():
        skipped = patch.object(counting, "hold_position", lambda: None)  # what another's row lock comes to
        with skipped:
            assert count_next()

    assert CountPosition.objects.get().position == position


def test_another_ledger_is_not_counted_on() -> None:
    record_some()
    count_all()
    CountPosition.objects.update(last_hash=b"another")

    with pytest.raises(OtherLedgerCounted):
        count_next()

    assert counts() == EXPECTED


def test_counts_that_went_wrong_are_put_right() -> None:
    record_some()
    count_all()
    ChoiceCount.objects.filter(choice="refused").update(count=70)
    ChoiceCount.objects.filter(jurisdiction="GB").delete()
    CountPosition.objects.update(position=0, last_hash=b"")

    call_command("rebuild_choice_counts")

    assert counts() == EXPECTED
    assert get_counted().behind == 0
    assert count_next()
    assert counts() == EXPECTED


def test_a_rebuild_that_finds_nothing_wrong_changes_nothing() -> None:
    record_some()
    count_all()
    rows = list(ChoiceCount.objects.order_by("pk").values_list("pk", flat=True))

    assert rebuild_counts().changed == 0
    assert list(ChoiceCount.objects.order_by("pk").values_list("pk", flat=True)) == rows


def test_what_comes_while_it_is_counted_anew_is_counted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    record_some()
    original = rebuilding._put_right

    def record_first(*arguments: object) -> object:
        record_all(make_new_row("6"))
        sequence_all()
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(rebuilding, "_put_right", record_first)
    rebuild_counts()

    assert counts() == EXPECTED + Counter({("DE", "granted"): 1})
    assert get_counted().behind == 0


def test_what_was_counted_of_an_erased_person_stays_where_it_was() -> None:
    record_some()
    count_all()
    erase_subject(ref=ref_of("4"), requested_by="officer:1", at=get_time())
    sequence_all()

    assert rebuild_counts().changed == 0
    assert counts() == EXPECTED


def test_what_was_not_counted_before_an_erasure_is_counted_without_a_residence() -> None:
    record_some()
    erase_subject(ref=ref_of("4"), requested_by="officer:1", at=get_time())
    sequence_all()

    rebuild_counts()

    assert counts() == EXPECTED - Counter({("GB", "granted"): 1}) + Counter({("", "granted"): 1})


def test_what_was_counted_stays_when_its_entries_are_pruned() -> None:
    record_some()
    count_all()
    erase_subject(ref=ref_of("4"), requested_by="officer:1", at=get_time())
    seal()
    with short_rules():
        assert apply().pruned

    found = rebuild_counts()

    assert (found.changed, found.lost) == (0, 0)
    assert counts() == EXPECTED


def test_pruned_choices_of_a_day_that_was_counted_wrong_are_told_as_lost() -> None:
    record_some()
    count_all()
    erase_subject(ref=ref_of("4"), requested_by="officer:1", at=get_time())
    seal()
    with short_rules():
        assert apply().pruned
    ChoiceCount.objects.filter(jurisdiction="DE", choice="granted").update(count=1)

    found = rebuild_counts()

    assert (found.changed, found.lost) == (1, 1)
    assert counts() == EXPECTED - Counter({("GB", "granted"): 1})
