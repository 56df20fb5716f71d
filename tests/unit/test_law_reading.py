"""The shipped table of the law, and what is refused as one."""

import json
from collections import Counter
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.policies.document.paths import path_text
from consent.policies.law.planning import written
from consent.policies.law.reading import LawRefused, read_law
from consent.policies.law.shipped import load_shipped_law, read_shipped_text
from consent.policies.law.types import (
    KINDS,
    AgeLimit,
    Clock,
    ConsentDefault,
    Duty,
    Practice,
    Statute,
)
from consent.policies.law.words import AgeNeed, AgeTopic, ClockKind, ClockUnit, Confidence, DutyKind, Right
from tests.law_world import as_text, make_table, said

NOVEMBER = date(2026, 11, 26)
LAW = load_shipped_law().in_force(NOVEMBER)
STATES_WITH_SIGNALS = ["CA", "CO", "CT", "DE", "MD", "MN", "MT", "NE", "NH", "NJ", "OR", "TX"]


def faults_of(table: Any) -> dict[str, str]:
    with pytest.raises(LawRefused) as refused:
        read_law(table if isinstance(table, str) else as_text(table))
    return {fault.path: fault.message for fault in refused.value.faults}


def put(value: Any, *steps: str | int) -> dict[str, Any]:
    """Return the small table with `value` at the end of `steps`, which begin at Germany."""
    table = make_table()
    place: Any = table["jurisdictions"][2]
    for step in steps[:-1]:
        place = place[step]
    place[steps[-1]] = value
    return table


def test_the_small_table_is_read() -> None:
    table = read_law(as_text(make_table()))

    assert table.chain("DE") == ("DE", "EU", "EEA")
    assert table.chain("US-CA") == ("US-CA", "US")
    assert Counter(type(row) for row in table.provisions) == Counter(KINDS.values())


@pytest.mark.parametrize(
    ("steps", "value", "message"),
    [
        (["code"], "UK", "found 'UK', expected 'GB'"),
        (["code"], "XX", "found 'XX', expected an ISO 3166 country"),
        (["title"], " ", "found ' ', expected a line of text"),
        (["parent"], "US", "found 'US', expected nothing"),
        (["parent"], 3, "found 3, expected an ISO 3166 country"),
        (["groups"], ["EU"], 'found ["EU"], expected EEA, EU'),
        (["groups"], ["NATO"], "an item is one of EU, EEA"),
        (["clocks"], {}, "found {}, expected a list"),
        (["clocks", 0], 3, "found 3, expected a mapping of fields"),
        (["clocks", 0, "within"], "P1M", "found 'P1M', expected a whole number from 1 to 1000"),
        (["clocks", 0, "within"], True, "found true, expected a whole number from 1 to 1000"),
        (["clocks", 0, "within"], None, "found null, expected a whole number"),
        (["clocks", 0, "unit"], "weeks", "found 'weeks', expected one of months, calendar_days"),
        (["clocks", 0, "unit"], "calendar_days", "expected months, because eu_month counts so"),
        (["clocks", 0, "open_extension"], True, "expected false, because a number is set"),
        (["age_limits", 0, "under"], 200, "found 200, expected a whole number from 1 to 25"),
        (["age_limits", 0, "sources"], [], "expected a list of lines, each once, at least 1"),
        (["age_limits", 0, "sources"], "a page", "expected a list of lines"),
        (["age_limits", 0, "citation"], "", "expected a line of text"),
        (["duties", 0, "confidence"], "sure", "found 'sure', expected one of seen, secondary, recall"),
        (["duties", 0, "holds"], "yes", "found 'yes', expected true or false"),
        (["duties", 0, "effective_from"], "2020-02-30", "expected a date such as '2026-01-31'"),
        (["duties", 0, "effective_from"], "20200101", "expected a date such as '2026-01-31'"),
        (["duties", 0, "effective_until"], "2019-01-01", "expected a day from 2020-01-01 on"),
        (["consent_defaults", 0, "topic"], "any", "expected a topic of its own"),
        (["statutes", 0, "rights"], ["vote"], "an item is one of access"),
        (["statutes", 0, "rights"], ["access", "access"], "each once"),
        (["statutes", 0, "mood"], 3, "unknown field; expected one of"),
        (["statutes", 0, "titel"], 3, "unknown field; did you mean 'title'?"),
    ],
)
def test_a_malformed_field_is_told_with_path_value_and_what_was_expected(
    steps: list[str | int], value: Any, message: str
) -> None:
    faults = faults_of(put(value, *steps))

    assert list(faults) == [path_text(("jurisdictions", 2, *steps))]
    assert message in faults[path_text(("jurisdictions", 2, *steps))]


def test_what_stands_twice_and_what_is_missing_is_told() -> None:
    twice = [said(kind="easy_withdrawal")] * 2

    assert "stands here twice" in faults_of(put("US", "code"))["jurisdictions[3].code"]
    assert faults_of(put(twice, "duties")) == {
        "jurisdictions[2].duties[1].effective_from": "duties[0] begins on that day too"
    }
    missing = faults_of(put([said()], "duties"))["jurisdictions[2].duties[0].kind"]
    assert missing.startswith("missing; expected one of opt_out_signal")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ('{"schema": 1, "schema": 1}', "not JSON"),
        ("[]", "expected a mapping of fields"),
        ('{"jurisdictions": []}', "missing; expected one of accordant/law/1"),
        ('{"schema": "accordant/law/1"}', "missing; expected a list"),
        ('{"schema": "accordant/law/1", "jurisdictions": {}}', "expected a list"),
        ('{"schema": "accordant/law/1", "jurisdictions": [[]]}', "expected a mapping of fields"),
        (" " * 4_000_001, "at most 4000000"),
    ],
)
def test_what_is_no_table_is_refused(text: str, message: str) -> None:
    assert message in " ".join(faults_of(text).values())


def test_a_parent_or_a_group_that_the_table_lacks_is_told() -> None:
    table = make_table()
    del table["jurisdictions"][3], table["jurisdictions"][0]

    assert faults_of(table) == {
        "jurisdictions[1].groups": "'EU' is not a jurisdiction of this table",
        "jurisdictions[2].parent": "'US' is not a jurisdiction of this table",
    }


def test_all_faults_are_told_at_once() -> None:
    table = put(200, "age_limits", 0, "under")
    table["jurisdictions"][2]["duties"][0]["confidence"] = "sure"
    table["jurisdictions"][4]["title"] = ""
    table["mood"] = "fine"

    assert list(faults_of(table)) == [
        "jurisdictions[2].age_limits[0].under",
        "jurisdictions[2].duties[0].confidence",
        "jurisdictions[4].title",
        "mood",
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 300) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(data=st.data(), value=JSON)
def test_whatever_stands_in_a_field_is_read_or_refused_and_never_breaks(
    data: st.DataObject, value: Any
) -> None:
    table = make_table()
    germany = table["jurisdictions"][2]
    kind = data.draw(st.sampled_from(list(KINDS)))
    place = data.draw(st.sampled_from([table, germany, germany[kind][0]]))
    place[data.draw(st.sampled_from(list(place)))] = value

    with suppress(LawRefused):
        read_law(json.dumps(table))


def test_the_shipped_table_holds_every_jurisdiction_that_it_should() -> None:
    states = "AL CA CO CT DE FL IA IN KY LA MD MN MT NE NH NJ OK OR RI TN TX UT VA VT"
    others = "EU GB BR CA CA-QC ZA IN JP CN CH AU KR"
    expected = {f"US-{state}" for state in states.split(" ")} | set(others.split(" "))
    found = {row.jurisdiction for row in load_shipped_law().provisions if isinstance(row, Statute)}

    assert len(expected) == 36
    assert found == {*expected, "EEA"}


def test_every_member_of_the_groups_is_there_with_its_age() -> None:
    assert len(LAW.members("EU")) == 27
    assert set(LAW.members("EEA")) - set(LAW.members("EU")) == {"IS", "LI", "NO"}
    for country in LAW.members("EEA"):
        limit = LAW.first(AgeLimit, country, topic=AgeTopic.DIGITAL_CONSENT)
        assert limit is not None
        assert limit.jurisdiction == country
        assert 13 <= limit.under <= 16


@pytest.mark.parametrize(
    ("code", "under"),
    [
        ("DE", 16),
        ("FR", 15),
        ("AT", 14),
        ("BE", 13),
        ("GB", 13),
        ("NO", 13),
        ("US-VA", 13),
        ("CA-QC", 14),
        ("ZA", 18),
    ],
)
def test_ages_of_digital_consent(code: str, under: int) -> None:
    assert LAW.find(AgeLimit, code, topic=AgeTopic.DIGITAL_CONSENT)[0].under == under


def test_an_age_that_was_raised_is_two_rows() -> None:
    for day, under in ((date(2023, 12, 31), 13), (date(2024, 1, 1), 15)):
        limit = load_shipped_law().in_force(day).first(AgeLimit, "DK")
        assert limit is not None
        assert limit.under == under


def test_signals_must_be_honoured_in_twelve_states() -> None:
    duties = [row for row in LAW.provisions if isinstance(row, Duty) and row.holds]
    states = {row.jurisdiction for row in duties if row.kind is DutyKind.OPT_OUT_SIGNAL}

    assert states == {f"US-{state}" for state in STATES_WITH_SIGNALS}


def test_a_duty_holds_from_its_day_on() -> None:
    for day, found in ((date(2025, 12, 31), 0), (date(2026, 1, 1), 1)):
        assert (
            len(load_shipped_law().in_force(day).find(Duty, "US-OR", kind=DutyKind.OPT_OUT_SIGNAL)) == found
        )


def test_rights_change_with_the_law() -> None:
    statutes = [
        load_shipped_law().in_force(date(2026, month, 15)).first(Statute, "US-UT") for month in (6, 7)
    ]

    assert [Right.CORRECT in statute.rights for statute in statutes if statute] == [False, True]


def test_clocks_serve_requests() -> None:
    eu = LAW.first(Clock, "FR", kind=ClockKind.RESPOND)
    california = LAW.first(Clock, "US-CA", kind=ClockKind.OPT_OUT)
    japan = LAW.first(Clock, "JP", kind=ClockKind.RESPOND)
    assert eu is not None
    assert california is not None
    assert japan is not None

    assert (eu.within, eu.unit, eu.extension, eu.extension_notice_within) == (1, ClockUnit.MONTHS, 2, 1)
    assert (california.within, california.unit) == (15, ClockUnit.BUSINESS_DAYS)
    assert (japan.within, japan.unit) == (None, None)


def test_every_row_names_law_and_source() -> None:
    for row in load_shipped_law().provisions:
        assert row.citation.strip()
        assert all(source.strip() for source in row.sources)
        if row.sources == ("none read: from memory",):
            assert row.confidence is Confidence.RECALL


def test_there_is_one_row_of_a_slot_on_any_day() -> None:
    for day in (date(2018, 6, 1), date(2024, 1, 1), NOVEMBER, date(2030, 1, 1)):
        rows = load_shipped_law().in_force(day).provisions
        assert len({(type(row), row.slot) for row in rows}) == len(rows)
        assert all(row.effective_from <= day for row in rows)


def test_a_row_ends_on_the_last_day_that_the_law_names() -> None:
    limits = [
        load_shipped_law().in_force(day).find(AgeLimit, "US-OR", needs=AgeNeed.OWN_CONSENT)
        for day in (date(2025, 12, 31), date(2026, 1, 1))
    ]
    assert [len(found) for found in limits] == [1, 0]


def test_an_unknown_part_of_a_country_has_the_countrys_law() -> None:
    assert LAW.chain("US-NY") == ("US-NY", "US")
    assert LAW.chain("AR") == ("AR",)
    assert LAW.find(ConsentDefault, "AR") == ()


def test_the_table_reads_back_what_it_wrote() -> None:
    shipped = json.loads(read_shipped_text())
    rows = [
        (kind, {"jurisdiction": entry["code"], **row})
        for entry in shipped["jurisdictions"]
        for kind in KINDS
        for row in entry.get(kind, ())
    ]

    for (_, plain), value in zip(rows, load_shipped_law().provisions, strict=True):
        again = written(value)
        assert {name: again[name] for name in plain} == plain


def test_practices_name_months_or_none() -> None:
    assert [row.months for row in LAW.find(Practice, "FR", kind="validity", topic="advertising")] == [13]
    assert [row.months for row in LAW.find(Practice, "DE", kind="validity", topic="any")] == [None]
