"""Where the law table has a framework's yes heard."""

from datetime import date

import pytest

from consent.policies.law.shipped import load_shipped_law
from consent.policies.law.signals import find_where
from consent.policies.law.types import Duty, LawTable
from consent.policies.law.words import DutyKind
from consent.signals.mapping.document import shipped
from consent.signals.mapping.resolving import resolve
from consent.signals.mapping.types import Received
from tests.signal_worlds import MAPPING, NOON, make_gpp, make_section, make_string


@pytest.fixture(scope="module")
def law() -> LawTable:
    return load_shipped_law().in_force(date(2026, 11, 30))


@pytest.mark.parametrize(
    ("places", "barred"),
    [
        ((), set()),
        (("DE",), {"gpp:5"}),
        (("NO",), {"gpp:5"}),
        (("GB",), {"gpp:5"}),
        (("CH",), {"gpp:5"}),
        (("US-CA",), set()),
        (("US-VT",), set()),
        (("JP",), set()),
        (("DE", "US-CA"), {"gpp:5"}),
        (("CA-QC",), {"tcf"}),
        (("CA-ON",), {"tcf"}),
        (("BR",), {"tcf", "gpp:5"}),
        (("DE", "BR"), {"tcf", "gpp:5"}),
        (("AR",), {"tcf", "gpp:5"}),
    ],
    ids=lambda value: "+".join(sorted(value)) or "none",
)
def test_a_yes_is_barred_where_another_law_asks_for_one(
    law: LawTable, places: tuple[str, ...], barred: set[str]
) -> None:
    assert find_where(law, places, shipped()).barred == barred


def test_places_come_with_what_they_are_a_part_of(law: LawTable) -> None:
    found = find_where(law, ["DE", "US-CA", "DE"], shipped())

    assert found.jurisdictions == ("DE", "EU", "EEA", "US-CA", "US")


def test_a_yes_is_heard_where_the_framework_applies_and_nowhere_else(law: LawTable) -> None:
    heard = {
        place
        for place in law.places
        if place.isalpha() and place not in {"EU", "EEA"}
        if resolve(MAPPING, Received(tcf=make_string()), find_where(law, [place], MAPPING), (), NOON).outcomes
    }

    assert heard == set(law.members("EEA"))


def test_signals_are_honoured_where_the_law_asks_for_it_and_where_it_does_not(law: LawTable) -> None:
    received = Received(gpc=True, gpp=make_gpp(make_section(SaleOptOut=1)))
    for place in (*law.places, "AR", "US-ZZ"):
        told = resolve(MAPPING, received, find_where(law, [place], MAPPING), (), NOON)
        assert {one.source for one in told.outcomes} == {"gpc", "gpp:7"}, place
    duties = [row for row in law.provisions if isinstance(row, Duty) and row.kind is DutyKind.OPT_OUT_SIGNAL]
    assert {row.holds for row in duties} == {True, False}
