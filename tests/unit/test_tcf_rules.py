"""What the rules say of strings that are well formed: each at its boundary."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consent.signals.errors import MalformedSignal
from consent.signals.intervals import IdSet
from consent.signals.tcf import decode, decode_leniently, encode
from consent.signals.tcf.rules import (
    RULES,
    Rule,
    check_rules,
    lacks_disclosed_vendors,
    may_rest_on_legitimate_interest,
)
from tests.tcf_strings import make_typical

MARCH_2026 = datetime(2026, 3, 1, tzinfo=UTC)
OCTOBER_2023 = datetime(2023, 10, 1, tzinfo=UTC)
TENTH = timedelta(milliseconds=100)
GOOD = make_typical(1)


def _rules(**changes: Any) -> list[Rule]:
    return [finding.rule for finding in check_rules(replace(GOOD, **changes))]


def _at(time: datetime) -> dict[str, Any]:
    return {"created": time, "last_updated": time}


def test_a_string_as_it_should_be_breaks_no_rule() -> None:
    assert check_rules(GOOD, now=GOOD.created) == ()


def test_disclosed_vendors_are_needed_of_strings_created_since_march_2026_in_utc() -> None:
    assert lacks_disclosed_vendors(MARCH_2026, None)
    assert not lacks_disclosed_vendors(MARCH_2026 - TENTH, None)
    assert not lacks_disclosed_vendors(MARCH_2026, IdSet())


@pytest.mark.parametrize("policy_version", [4, 5, 6])
def test_a_string_of_march_2026_without_disclosed_vendors_is_refused_whatever_its_policy(
    policy_version: int,
) -> None:
    core, _, publisher = encode(replace(GOOD, **_at(MARCH_2026), policy_version=policy_version)).split(".")
    text = f"{core}.{publisher}"

    with pytest.raises(MalformedSignal) as refused:
        decode(text)

    read, faults = decode_leniently(text)
    assert refused.value.fault.reason == "disclosed_vendors_missing"
    assert read is not None
    assert read.disclosed_vendors is None
    assert [fault.reason for fault in faults] == ["disclosed_vendors_missing"]
    assert Rule.DISCLOSED_VENDORS_MISSING in [one.rule for one in check_rules(read)]
    assert decode(text, demand_segments=False) == read


def test_an_older_string_without_disclosed_vendors_stays_valid_whatever_its_policy() -> None:
    older = replace(GOOD, **_at(MARCH_2026 - timedelta(days=1)), disclosed_vendors=None)

    assert decode(encode(older)) == older
    assert check_rules(older) == ()


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({"is_service_specific": False}, [Rule.GLOBAL_SCOPE]),
        ({"policy_version": 3}, [Rule.POLICY_VERSION_ENDED]),
        ({**_at(OCTOBER_2023), "policy_version": 3}, [Rule.POLICY_VERSION_ENDED]),
        ({**_at(OCTOBER_2023 - TENTH), "policy_version": 3}, []),
        ({**_at(OCTOBER_2023), "policy_version": 4}, []),
        ({"purposes_legitimate_interest": IdSet.of([1])}, [Rule.LEGITIMATE_INTEREST_FORBIDDEN]),
        ({"purposes_legitimate_interest": IdSet.of([3])}, [Rule.LEGITIMATE_INTEREST_FORBIDDEN]),
        ({"purposes_legitimate_interest": IdSet.of([6])}, [Rule.LEGITIMATE_INTEREST_FORBIDDEN]),
        ({"purposes_legitimate_interest": IdSet.of([2, 7])}, []),
        ({"last_updated": GOOD.created + timedelta(days=1)}, [Rule.TIMES_DIFFER]),
        (_at(GOOD.created + TENTH), [Rule.TIMES_DIFFER]),
        ({"last_updated": GOOD.created - TENTH}, [Rule.TIMES_DIFFER, Rule.UPDATED_BEFORE_CREATED]),
        ({"allowed_vendors": IdSet()}, [Rule.ALLOWED_VENDORS_ENDED]),
        (
            {"allowed_vendors": IdSet(), "is_service_specific": False},
            [Rule.GLOBAL_SCOPE, Rule.ALLOWED_VENDORS_ENDED],
        ),
    ],
)
def test_each_rule_is_told_where_it_is_broken_and_only_there(
    changes: dict[str, Any], rules: list[Rule]
) -> None:
    assert _rules(**changes) == rules


def test_the_future_is_told_only_by_who_knows_the_time() -> None:
    early = GOOD.created - TENTH

    assert [one.rule for one in check_rules(GOOD, now=early)] == [Rule.CREATED_IN_THE_FUTURE]
    assert check_rules(GOOD) == ()


@pytest.mark.parametrize("policy_version", range(8))
@pytest.mark.parametrize("purpose", range(1, 12))
def test_legitimate_interest_is_never_for_purpose_1_and_since_policy_4_not_for_3_to_6(
    purpose: int, policy_version: int
) -> None:
    forbidden = purpose == 1 or (purpose in {3, 4, 5, 6} and policy_version >= 4)

    assert may_rest_on_legitimate_interest(purpose, policy_version) is not forbidden


def test_every_rule_is_told_in_words() -> None:
    assert set(RULES) == set(Rule)
    assert [rule for rule, (invalid, _) in RULES.items() if invalid] == [
        Rule.DISCLOSED_VENDORS_MISSING,
        Rule.GLOBAL_SCOPE,
        Rule.POLICY_VERSION_ENDED,
    ]
