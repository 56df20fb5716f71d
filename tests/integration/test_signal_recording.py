"""Signals of a row: recorded with their evidence, weighed against what stands, written once."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from consent.records.models import ConsentRecord, CurrentChoice, RecordedSignal, SignalMapping
from consent.records.services import record_rows
from consent.records.types import Fault, FaultCode, Recorded
from consent.signals.gpp.header import write_header
from consent.signals.intervals import IdSet
from consent.subjects.models import Subject
from tests.signals_world import (
    ADS,
    AUDIENCE,
    DAY,
    EVERYTHING,
    NEWS,
    NOON,
    choose,
    count_signals,
    list_written,
    make_body,
    make_tc,
    publish_policy,
    read,
    say,
    signals,
)

pytestmark = pytest.mark.django_db
YES_AND_NO, ALL_YES = (1, 8), EVERYTHING
MIDNIGHT = NOON.replace(hour=0)


@pytest.fixture(autouse=True)
def clock(db: None, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Stop the ledger's clock at what the list holds, and put the policy in force."""
    publish_policy()
    now = [NOON]
    monkeypatch.setattr("consent.ledger.queries.get_time", lambda: now[0])
    return now


def say_at(clock: list[datetime], at: datetime, **changes: Any) -> Recorded:
    clock[0] = at
    return say(at=at, **changes)


def in_force(purpose: str) -> str:
    [choice] = CurrentChoice.objects.filter(purpose=purpose).values_list("choice", flat=True)
    return choice


def test_a_string_grants_the_purposes_that_it_names_and_refuses_the_others() -> None:
    outcome = say(signals=signals(tcf=make_tc(*YES_AND_NO)))

    assert list_written() == [(ADS, "refused", "tcf"), (AUDIENCE, "granted", "tcf")]
    signal = RecordedSignal.objects.get()
    assert set(ConsentRecord.objects.values_list("refers_to", flat=True)) == {signal.event_id}
    [yes] = ConsentRecord.objects.filter(choice="granted").values_list("effective_at", flat=True)
    [no] = ConsentRecord.objects.filter(choice="refused").values_list("effective_at", flat=True)
    assert (yes, no) == (MIDNIGHT - DAY, MIDNIGHT - timedelta(microseconds=1))  # of a day the no is later
    [taken] = outcome.signals
    assert (taken.event_id, taken.repeated, taken.conflicts) == (signal.event_id, False, ())
    assert SignalMapping.objects.get().digest == signal.mapping_digest


def test_a_yes_of_a_string_lifts_no_no_that_the_person_said_otherwise(clock: list[datetime]) -> None:
    say_at(clock, NOON - 5 * DAY, choices=[choose(ADS, "refused", NOON - 5 * DAY)])

    outcome = say_at(clock, NOON, signals=signals(tcf=make_tc(*ALL_YES, made_at=NOON)))

    assert in_force(ADS) == "refused"
    assert (ADS, "granted", "tcf") not in list_written()
    [conflict] = outcome.signals[0].conflicts
    assert (conflict.purpose, conflict.against_from, conflict.won) == (ADS, "explicit", "against")
    [kept] = RecordedSignal.objects.values_list("conflicts", flat=True)
    assert [one["purpose"] for one in kept] == [ADS]


def test_an_earlier_no_is_not_hidden_by_a_later_one_of_the_same_string(clock: list[datetime]) -> None:
    """Of two noes only the later is in force: the string's own, which a newer string could lift."""
    say_at(clock, NOON - 5 * DAY, choices=[choose(ADS, "refused", NOON - 5 * DAY)])
    say_at(clock, NOON - 3 * DAY, signals=signals(tcf=make_tc(made_at=NOON - 3 * DAY)))

    outcome = say_at(clock, NOON, signals=signals(tcf=make_tc(*ALL_YES, made_at=NOON)))

    assert in_force(ADS) == "refused"
    assert in_force(AUDIENCE) == "granted"
    assert [one.purpose for one in outcome.signals[0].conflicts] == [ADS]


def test_a_no_higher_up_or_to_everybody_bars_a_yes_of_a_string(clock: list[datetime]) -> None:
    for purpose, controller in (("advertising", "acme"), ("*", None)):
        no = choose(purpose, "refused", NOON - 5 * DAY, controller=controller)
        say_at(clock, NOON - 5 * DAY, choices=[no])

    say_at(clock, NOON, signals=signals(tcf=make_tc(*ALL_YES, made_at=NOON)))

    assert not [one for one in list_written() if one[1] == "granted"]


def test_a_no_to_another_controller_or_destination_bars_nothing(clock: list[datetime]) -> None:
    noes = [
        choose(ADS, "refused", NOON - 5 * DAY, controller="other"),
        choose(ADS, "refused", NOON - 5 * DAY, destination="mailer"),
    ]
    say_at(clock, NOON - 5 * DAY, choices=noes)

    say_at(clock, NOON, signals=signals(tcf=make_tc(*ALL_YES, made_at=NOON)))

    assert (ADS, "granted", "tcf") in list_written()


def test_a_string_lifts_the_no_of_an_older_string_of_its_framework(clock: list[datetime]) -> None:
    say_at(clock, NOON - 3 * DAY, signals=signals(tcf=make_tc(made_at=NOON - 3 * DAY)))
    assert in_force(AUDIENCE) == "refused"

    say_at(clock, NOON, signals=signals(tcf=make_tc(*ALL_YES, made_at=NOON)))

    assert in_force(AUDIENCE) == in_force(ADS) == "granted"


def test_a_yes_that_is_told_days_later_lifts_no_no_on_record_and_says_so(clock: list[datetime]) -> None:
    say_at(clock, NOON - 9 * DAY, signals=signals(tcf=make_tc(made_at=NOON - 9 * DAY)))

    outcome = say_at(clock, NOON, signals=signals(tcf=make_tc(*ALL_YES, made_at=NOON - 3 * DAY)))

    assert in_force(AUDIENCE) == "refused"
    assert {one.purpose for one in outcome.signals[0].conflicts} == {ADS, AUDIENCE}
    assert (AUDIENCE, "granted", "tcf") not in list_written()


def test_an_older_string_never_beats_a_newer_one(clock: list[datetime]) -> None:
    say_at(clock, NOON, signals=signals(tcf=make_tc(made_at=NOON - DAY)))

    say_at(clock, NOON + timedelta(hours=1), signals=signals(tcf=make_tc(*ALL_YES, made_at=NOON - 2 * DAY)))

    assert in_force(AUDIENCE) == in_force(ADS) == "refused"
    assert count_signals() == 2


def test_of_two_strings_of_one_day_the_no_counts_unless_the_source_says_when(clock: list[datetime]) -> None:
    say_at(clock, NOON, signals=signals(tcf=make_tc(made_at=NOON)))
    yes = make_tc(*ALL_YES, made_at=NOON)

    outcome = say_at(clock, NOON + timedelta(hours=1), signals=signals(tcf=yes))
    assert in_force(AUDIENCE) == "refused"
    assert outcome.signals[0].conflicts

    when = (NOON + timedelta(hours=2)).isoformat()
    later = make_tc(*ALL_YES, 9, made_at=NOON)
    say_at(clock, NOON + timedelta(hours=2, minutes=1), signals=signals(tcf=later, effective_at=when))
    assert in_force(AUDIENCE) == "granted"


def test_a_string_that_is_sent_again_is_written_once_whatever_came_between(clock: list[datetime]) -> None:
    texts = [make_tc(*ALL_YES, made_at=NOON - 2 * DAY), make_tc(*YES_AND_NO, made_at=NOON - DAY)]
    for number, text in enumerate([*texts, texts[0], texts[1], texts[0]]):
        outcome = say_at(clock, NOON + timedelta(minutes=number), signals=signals(tcf=text))
        if number == 2:
            written = list_written()
            assert outcome.signals[0].repeated

    assert list_written() == written
    assert count_signals() == 2
    assert in_force(ADS) == "refused"
    events = Subject.objects.get().version
    say_at(clock, NOON + DAY, signals=signals(tcf=texts[0]))
    assert Subject.objects.get().version == events + 1  # the residence that the request tells again


def test_an_opt_out_string_that_is_sent_again_undoes_nothing(clock: list[datetime]) -> None:
    sent = ["1YNN", "1YYN", "1YNN", "1YYN", "1YYN"]
    repeated = [
        say_at(clock, NOON + timedelta(minutes=number), signals=signals(usp=text)).signals[0].repeated
        for number, text in enumerate(sent)
    ]

    assert repeated == [False, False, False, False, True]
    assert in_force(ADS) == "opted_out"
    assert list_written() == [(ADS, "opted_out", "usp")]


def test_an_opt_out_after_a_yes_is_a_new_one(clock: list[datetime]) -> None:
    say_at(clock, NOON - 3 * DAY, signals=signals(usp="1YYN"))
    say_at(clock, NOON - 2 * DAY, choices=[choose(ADS, "granted", NOON - 2 * DAY)])
    say_at(clock, NOON - DAY, signals=signals(usp="1YYN"))
    assert in_force(ADS) == "granted"  # the same text is no new act

    say_at(clock, NOON - timedelta(hours=2), signals=signals(usp="1YNN"))
    outcome = say_at(clock, NOON, signals=signals(usp="1YYN"))

    assert in_force(ADS) == "opted_out"
    assert [one.won for one in outcome.signals[0].conflicts] == ["heard"]


def test_gpc_is_honoured_against_an_earlier_opt_in_and_told(clock: list[datetime]) -> None:
    say_at(clock, NOON - DAY, choices=[choose(ADS, "granted", NOON - DAY)])

    outcome = say_at(clock, NOON, signals={"gpc": "1"})

    assert list_written()[-1] == ("*", "opt_out_signal", "gpc")
    assert [(one.purpose, one.won) for one in outcome.signals[0].conflicts] == [(ADS, "heard")]


def test_gpc_is_written_again_only_after_a_yes_that_it_speaks_against(clock: list[datetime]) -> None:
    say_at(clock, NOON - 5 * DAY, signals={"gpc": True})
    assert say_at(clock, NOON - 4 * DAY, signals={"gpc": "1"}).signals[0].repeated

    say_at(clock, NOON - 3 * DAY, choices=[choose(ADS, "granted", NOON - 3 * DAY)])
    assert not say_at(clock, NOON - 2 * DAY, signals={"gpc": "1"}).signals[0].repeated

    knowing = choose(ADS, "granted", NOON - DAY, after_conflict_notice=True)
    say_at(clock, NOON - DAY, choices=[knowing])
    assert say_at(clock, NOON, signals={"gpc": "1"}).signals[0].repeated
    assert count_signals() == 2


def test_what_the_person_chose_in_the_same_request_stands_against_the_string() -> None:
    outcome = say(
        choices=[choose(AUDIENCE, "refused"), choose(NEWS, "granted")],
        signals=signals(tcf=make_tc(*ALL_YES)),
    )

    assert in_force(AUDIENCE) == "refused"
    assert in_force(NEWS) == "granted"
    assert [one.purpose for one in outcome.signals[0].conflicts] == [AUDIENCE]


def test_rows_of_one_batch_are_weighed_against_each_other() -> None:
    rows = [
        read(make_body(choices=[choose(AUDIENCE, "refused", NOON - DAY)])),
        read(make_body(signals=signals(tcf=make_tc(*ALL_YES)))),
        read(make_body(signals=signals(tcf=make_tc(*ALL_YES)))),
    ]

    _, second, third = record_rows(rows=rows, source="test", at=NOON)

    assert in_force(AUDIENCE) == "refused"
    assert not isinstance(second, Fault)
    assert not isinstance(third, Fault)
    assert (second.signals[0].repeated, third.signals[0].repeated) == (False, True)


def test_statements_do_not_grow_with_the_rows(django_assert_max_num_queries: Any) -> None:
    def make(person: int) -> dict[str, object]:
        identifiers = [{"kind": "customer_id", "value": str(person)}]
        return make_body(identifiers=identifiers, signals=signals(tcf=make_tc(*ALL_YES)))

    rows = [read(make(person)) for person in range(40)]
    with django_assert_max_num_queries(45):
        record_rows(rows=rows, source="test", at=NOON)
    assert count_signals() == 40


def test_a_string_that_can_grant_names_the_controller() -> None:
    row = read(make_body(signals={"tcf": make_tc(*ALL_YES)}))

    [fault] = record_rows(rows=[row], source="test", at=NOON)

    assert isinstance(fault, Fault)
    assert (fault.path, fault.code) == ("signals.controller", FaultCode.CONTROLLER_REQUIRED)
    assert not Subject.objects.exists()


def test_a_string_that_only_says_no_needs_no_controller() -> None:
    say(signals={"tcf": make_tc(), "usp": "1YYN"})

    assert {choice for _, choice, _ in list_written()} == {"refused", "opted_out"}


@pytest.mark.parametrize("place", ["US-CA", "BR"])
def test_a_yes_counts_only_where_the_law_takes_it_for_one(place: str) -> None:
    residence = {"name": "residence", "value": place, "effective_at": "2026-01-05T10:00:00Z"}

    outcome = say(facts=[residence], signals=signals(tcf=make_tc(*YES_AND_NO), jurisdictions=["GB"]))

    is_heard = (AUDIENCE, "granted", "tcf") in list_written()
    assert is_heard == (place == "US-CA")
    assert bool(outcome.signals[0].unread) != is_heard
    assert (ADS, "refused", "tcf") in list_written()


def test_a_section_of_tomorrow_is_an_opt_out_and_its_no_is_not_lost() -> None:
    text = "~".join((write_header(IdSet.of((6, 40))), "1YNN", "BAAA"))

    outcome = say(signals=signals(gpp=text))

    assert list_written() == [(ADS, "opted_out", "gpp:40")]
    assert [one.source for one in outcome.signals[0].unread] == ["gpp:40"]
    assert say(signals=signals(gpp=text)).signals[0].repeated


@pytest.mark.parametrize("core", ["BCAEAAAAAAA.QA", "BAAgAAAAAAA.QA", "", "BVV"])
def test_a_section_that_strict_reading_refuses_is_an_opt_out_too(core: str) -> None:
    """`MspaCoveredTransaction` is 0 in the first two: no value that the specification has, and common."""
    text = "~".join((write_header(IdSet.of((6, 7))), "1YNN", core))

    outcome = say(signals=signals(gpp=text))

    assert list_written() == [(ADS, "opted_out", "gpp:7")]
    assert [one.source for one in outcome.signals[0].unread] == ["gpp:7"]


def test_a_us_section_says_no_and_a_later_one_that_does_not_lifts_nothing(clock: list[datetime]) -> None:
    opted_out, not_opted_out = ("~".join((write_header(IdSet.of((6,))), text)) for text in ("1YYN", "1YNN"))
    say_at(clock, NOON, signals=signals(gpp=opted_out))
    say_at(clock, NOON + timedelta(minutes=1), signals=signals(gpp=not_opted_out))
    say_at(clock, NOON + timedelta(minutes=2), signals=signals(gpp=opted_out))

    assert in_force(ADS) == "opted_out"
    assert list_written() == [(ADS, "opted_out", "gpp:6")]
    assert count_signals() == 3


def test_a_yes_of_the_eu_section_is_the_tcfs_and_lifts_its_own_no_alone(clock: list[datetime]) -> None:
    say_at(clock, NOON - 3 * DAY, signals=signals(tcf=make_tc(made_at=NOON - 3 * DAY)))
    inner = make_tc(*ALL_YES, made_at=NOON)

    say_at(clock, NOON, signals=signals(gpp="~".join((write_header(IdSet.of((2,))), inner))))

    assert in_force(AUDIENCE) == "granted"
    assert (AUDIENCE, "granted", "gpp:2") in list_written()


@pytest.mark.parametrize("wrap", [False, True], ids=["alone", "in a GPP string"])
def test_a_string_without_the_disclosed_vendors_that_it_must_have_says_no_alone(wrap: bool) -> None:
    text = make_tc(*YES_AND_NO).partition(".")[0]
    sent = {"gpp": "~".join((write_header(IdSet.of((2,))), text))} if wrap else {"tcf": text}

    outcome = say(signals=signals(**sent))

    assert {choice for _, choice, _ in list_written()} == {"refused"}
    assert any("DisclosedVendors" in one.reason for one in outcome.signals[0].unread)


@pytest.mark.parametrize("late", [{"usp": "1YYN"}, {"gpc": "1"}], ids=["US Privacy", "GPC"])
def test_a_no_that_is_told_after_a_strings_later_yes_stands_all_the_same(
    clock: list[datetime], late: dict[str, str]
) -> None:
    say_at(clock, NOON, signals=signals(tcf=make_tc(*ALL_YES, made_at=NOON)))
    assert in_force(ADS) == "granted"
    before = (NOON - 2 * DAY).isoformat()

    first = say_at(clock, NOON + DAY, signals=signals(**late, effective_at=before))
    again = say_at(clock, NOON + 2 * DAY, signals=signals(**late, effective_at=before))

    assert in_force(ADS) in {"opted_out", "opt_out_signal"}
    assert [one.won for one in first.signals[0].conflicts] == ["heard"]
    assert again.signals[0].repeated
