"""What holds for a device: its own yeses, less every no of whoever it is linked to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consent.kernel.periods import Period
from consent.portal.embed.holding import find_holding
from consent.portal.embed.terms import Terms
from consent.records.types import ANY_PURPOSE, NEUTRAL, NO, Choice, ChoiceRecord

DAY = timedelta(days=1)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ADS, GROUPS, STATS, MAIL = "ads.audience", "profiling.groups", "stats", "mail"
TERMS = Terms(
    controllers=frozenset({"shop"}),
    purposes=frozenset({ADS, GROUPS, STATS, MAIL}),
    signalled=frozenset({ADS}),
    by_consent=frozenset({ADS, GROUPS, STATS}),
    requires={ADS: (GROUPS,), STATS: (MAIL,)},
    validity={STATS: (Period.parse("P13M"), Period.parse("P6M"))},
    oldest_notice={STATS: {"privacy": 2}},
    published={"privacy": {1: NOON - 300 * DAY, 2: NOON - 200 * DAY}},
)


def said(
    choice: Choice, purpose: str = STATS, *, days: float = -1, who: str = "device", **changes: Any
) -> ChoiceRecord:
    """Return a record of `days` from now."""
    at = NOON + days * DAY
    record = ChoiceRecord(
        record_id=f"{who}{days}{purpose}",
        subject_ref=who,
        version=1,
        purpose=purpose,
        choice=choice,
        effective_at=at,
        recorded_at=at,
        controller="shop",
        notice="privacy",
        notice_version=2,
    )
    return replace(record, **changes)


def holds(
    *records: ChoiceRecord, purpose: str = STATS, linked: float | None = None, terms: Terms = TERMS
) -> bool | None:
    """Return what holds for the device at noon; None: not decided."""
    found = find_holding(
        list(records),
        device={"device"},
        purposes=[purpose],
        controller="shop",
        terms=terms,
        linked_at=None if linked is None else NOON + linked * DAY,
        at=NOON,
    )
    return found.holds.get(purpose)


YES = said(Choice.GRANTED)


def test_a_yes_of_the_devices_holds() -> None:
    assert holds(YES) is True


@pytest.mark.parametrize(
    "yes",
    [
        said(Choice.GRANTED, who="person"),
        said(Choice.GRANTED, purpose="stats.more"),
        said(Choice.GRANTED, purpose=ANY_PURPOSE),
        said(Choice.GRANTED, controller="other"),
        said(Choice.GRANTED, controller=None),
        said(Choice.GRANTED, destination="mailer"),
        said(Choice.GRANTED, notice_version=1),
        said(Choice.GRANTED, notice="terms"),
        said(Choice.GRANTED, notice=None, notice_version=None),
        said(Choice.GRANTED, days=-190),
        said(Choice.GRANTED, days=1),
        said(Choice.GRANTED, expires_at=NOON),
        *(said(choice) for choice in NEUTRAL),
    ],
)
def test_what_is_no_yes_to_this_decides_nothing(yes: ChoiceRecord) -> None:
    assert holds(yes) is None


def test_an_invalidated_yes_is_none() -> None:
    finding = said(Choice.INVALIDATED, days=-0.5, refers_to=YES.record_id)

    assert holds(YES, finding) is None


@pytest.mark.parametrize("choice", sorted(NO - {Choice.SIGNAL}))
@pytest.mark.parametrize("purpose", [STATS, ANY_PURPOSE])
@pytest.mark.parametrize("who", ["device", "person"])
def test_every_later_no_of_anybody_stands(choice: Choice, purpose: str, who: str) -> None:
    no = said(choice, purpose, days=-0.5, who=who, version=2)

    assert holds(YES, no) is False
    assert holds(YES, replace(no, controller=None)) is False
    assert holds(YES, replace(no, controller="other")) is True
    assert holds(no) is False


def test_a_no_above_the_purpose_covers_it_and_a_later_yes_lifts_it() -> None:
    above = said(Choice.REFUSED, "profiling", days=-2)

    assert holds(above, purpose=GROUPS) is False
    assert holds(above, said(Choice.GRANTED, GROUPS), purpose=GROUPS) is True
    assert holds(above, said(Choice.GRANTED, GROUPS, days=-3), purpose=GROUPS) is False


def test_a_back_dated_yes_lifts_no_no_on_record_and_a_tie_goes_to_no() -> None:
    no = said(Choice.REFUSED, days=-2, recorded_at=NOON - 2 * DAY)

    assert holds(no, replace(YES, back_dated=True)) is False
    assert holds(replace(no, effective_at=YES.effective_at), YES) is False


def test_a_yes_from_before_a_link_lifts_nobody_elses_no() -> None:
    no = said(Choice.WITHDRAWN, days=-3, who="person")

    assert holds(no, YES, linked=-2) is True
    assert holds(no, YES, linked=-0.5) is False


def test_a_signal_speaks_to_marked_purposes_and_not_against_a_yes_in_knowledge_of_it() -> None:
    groups, signal = said(Choice.GRANTED, GROUPS), said(Choice.SIGNAL, ANY_PURPOSE, days=-0.5, version=3)
    yes = said(Choice.GRANTED, ADS)
    knowing = replace(yes, after_conflict_notice=True)

    assert holds(signal, YES) is True
    assert holds(groups, yes, signal, purpose=ADS) is False
    assert holds(groups, knowing, signal, purpose=ADS) is True
    no = said(Choice.REFUSED, ADS, days=-0.7, version=2)
    assert holds(groups, knowing, no, signal, purpose=ADS) is False


def test_what_a_purpose_cannot_do_without_must_have_its_yes() -> None:
    yes = said(Choice.GRANTED, ADS)

    assert holds(yes, purpose=ADS) is False
    assert holds(yes, said(Choice.GRANTED, GROUPS), purpose=ADS) is True
    assert holds(YES) is True  # mail takes no consent
    assert holds(YES, said(Choice.OBJECTED, MAIL)) is False


def test_the_first_end_is_told() -> None:
    found = find_holding(
        [YES, said(Choice.GRANTED, GROUPS, expires_at=NOON + DAY)],
        device={"device"},
        purposes=[STATS, GROUPS],
        controller="shop",
        terms=TERMS,
        linked_at=None,
        at=NOON,
    )

    assert found.until == NOON + DAY
