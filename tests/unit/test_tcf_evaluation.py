"""May a vendor process a purpose: every reason there is, and every restriction with every declaration."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest

from consent.signals.intervals import IdSet
from consent.signals.tcf.evaluation import (
    TEXTS,
    YES,
    Answer,
    Basis,
    Reason,
    may_process,
    may_process_special,
    may_use_feature,
)
from consent.signals.tcf.gvl import parse
from consent.signals.tcf.types import Restriction, RestrictionType, TCString
from tests.tcf_strings import make_typical
from tests.vendor_lists import write_list

VENDORS = parse(write_list())
EVERYBODY = IdSet(((1, 99),))
YES_TO_ALL = replace(
    make_typical(1),
    vendor_list_version=100,
    special_feature_opt_ins=IdSet(((1, 2),)),
    purposes_consent=IdSet(((1, 11),)),
    purposes_legitimate_interest=IdSet(((1, 11),)),
    vendor_consents=EVERYBODY,
    vendor_legitimate_interests=EVERYBODY,
    publisher_restrictions=(),
    disclosed_vendors=EVERYBODY,
)
NOT_ALLOWED, CONSENT, INTEREST = RestrictionType
NO_PURPOSE = {"purposes_legitimate_interest": IdSet()}
NO_VENDOR = {"vendor_legitimate_interests": IdSet()}
OLDER = datetime(2026, 2, 1, tzinfo=UTC)


def _ask(vendor: int, purpose: int, **changes: Any) -> Answer:
    return may_process(replace(YES_TO_ALL, **changes), VENDORS, vendor, purpose)


def _restricted(*types: RestrictionType, purpose: int = 2, vendors: IdSet = EVERYBODY) -> dict[str, Any]:
    return {"publisher_restrictions": tuple(Restriction(purpose, kind, vendors) for kind in types)}


@pytest.mark.parametrize(
    ("vendor", "purpose", "changes", "reason", "basis"),
    [
        (1, 2, {}, Reason.CONSENT_GIVEN, Basis.CONSENT),
        (2, 2, {}, Reason.INTEREST_ESTABLISHED, Basis.LEGITIMATE_INTEREST),
        (3, 2, {}, Reason.CONSENT_GIVEN, Basis.CONSENT),
        (4, 2, {}, Reason.INTEREST_ESTABLISHED, Basis.LEGITIMATE_INTEREST),
        (1, 2, {"purposes_consent": IdSet.of([1, 3])}, Reason.NO_PURPOSE_CONSENT, Basis.CONSENT),
        (1, 2, {"vendor_consents": IdSet.of([2])}, Reason.NO_VENDOR_CONSENT, Basis.CONSENT),
        (2, 2, NO_PURPOSE, Reason.NO_PURPOSE_INTEREST, Basis.LEGITIMATE_INTEREST),
        (2, 2, NO_VENDOR, Reason.NO_VENDOR_INTEREST, Basis.LEGITIMATE_INTEREST),
        (2, 2, {"purposes_consent": IdSet(), "vendor_consents": IdSet()}, Reason.INTEREST_ESTABLISHED,
         Basis.LEGITIMATE_INTEREST),
        (1, 1, {"purpose_one_treatment": True}, Reason.PURPOSE_ONE_NOT_ASKED, Basis.CONSENT),
        (1, 2, {"purpose_one_treatment": True}, Reason.CONSENT_GIVEN, Basis.CONSENT),
        (1, 1, {}, Reason.CONSENT_GIVEN, Basis.CONSENT),
        (1, 7, {}, Reason.NOT_DECLARED, None),
        (1, 12, {}, Reason.UNKNOWN_PURPOSE, None),
        (1, 0, {}, Reason.UNKNOWN_PURPOSE, None),
        (9, 2, {}, Reason.UNKNOWN_VENDOR, None),
        (0, 2, {}, Reason.UNKNOWN_VENDOR, None),
        (5, 2, {}, Reason.VENDOR_DELETED, None),
        (1, 2, {"disclosed_vendors": IdSet.of([2])}, Reason.VENDOR_NOT_DISCLOSED, None),
        (1, 2, {"vendor_list_version": 99}, Reason.LIST_MISMATCH, None),
        (1, 2, {"is_service_specific": False}, Reason.STRING_INVALID, None),
        (1, 2, {"disclosed_vendors": None}, Reason.STRING_INVALID, None),
        (1, 2, {"policy_version": 3}, Reason.STRING_INVALID, None),
        (1, 2, {"created": OLDER, "disclosed_vendors": None}, Reason.CONSENT_GIVEN, Basis.CONSENT),
        (1, 2, _restricted(NOT_ALLOWED), Reason.PUBLISHER_FORBIDS, None),
        (1, 2, _restricted(NOT_ALLOWED, purpose=3), Reason.CONSENT_GIVEN, Basis.CONSENT),
        (1, 2, _restricted(NOT_ALLOWED, vendors=IdSet.of([2, 3])), Reason.CONSENT_GIVEN, Basis.CONSENT),
        (1, 2, _restricted(CONSENT), Reason.CONSENT_GIVEN, Basis.CONSENT),
        (1, 2, _restricted(INTEREST), Reason.PUBLISHER_REQUIRES_INTEREST, Basis.CONSENT),
        (2, 2, _restricted(CONSENT), Reason.PUBLISHER_REQUIRES_CONSENT, Basis.LEGITIMATE_INTEREST),
        (2, 2, _restricted(INTEREST), Reason.INTEREST_ESTABLISHED, Basis.LEGITIMATE_INTEREST),
        (3, 2, _restricted(INTEREST), Reason.INTEREST_ESTABLISHED, Basis.LEGITIMATE_INTEREST),
        (3, 3, _restricted(INTEREST, purpose=3), Reason.INTEREST_FORBIDDEN, Basis.LEGITIMATE_INTEREST),
        (4, 2, _restricted(CONSENT), Reason.CONSENT_GIVEN, Basis.CONSENT),
        (4, 2, {**_restricted(CONSENT), "vendor_consents": IdSet()}, Reason.NO_VENDOR_CONSENT, Basis.CONSENT),
        (3, 2, _restricted(CONSENT, INTEREST), Reason.PUBLISHER_FORBIDS, None),
    ],
)  # fmt: skip
def test_each_reason_is_given_where_it_holds(
    vendor: int, purpose: int, changes: dict[str, Any], reason: Reason, basis: Basis | None
) -> None:
    answer = _ask(vendor, purpose, **changes)

    assert (answer.reason, answer.basis) == (reason, basis)
    assert answer.allowed is (reason in {Reason.CONSENT_GIVEN, Reason.INTEREST_ESTABLISHED})
    assert answer.text.startswith(TEXTS[reason])


@pytest.mark.parametrize("vendor", range(1, 7))
@pytest.mark.parametrize("purpose", [1, 2, 3, 7])
def test_a_restriction_never_makes_a_yes_of_a_no_and_no_consent_stays_no(vendor: int, purpose: int) -> None:
    for silent in (
        {"vendor_consents": IdSet(), "vendor_legitimate_interests": IdSet()},
        {"purposes_consent": IdSet(), "purposes_legitimate_interest": IdSet()},
        {"disclosed_vendors": IdSet()},
    ):
        for count in range(4):
            for types in combinations(RestrictionType, count):
                assert not _ask(vendor, purpose, **_restricted(*types, purpose=purpose), **silent).allowed


def test_an_invalid_string_is_told_with_the_rule_that_it_breaks() -> None:
    answer = _ask(1, 2, is_service_specific=False)

    assert [finding.rule for finding in answer.findings] == ["global_scope"]
    assert "IsServiceSpecific" in answer.text


@pytest.mark.parametrize(
    ("at", "allowed"),
    [(None, False), (datetime(2025, 5, 31, tzinfo=UTC), True), (datetime(2025, 6, 1, tzinfo=UTC), False)],
)
def test_a_deleted_vendor_may_not_since_its_deletion_or_at_all_where_the_time_is_unknown(
    at: datetime | None, allowed: bool
) -> None:
    assert may_process(YES_TO_ALL, VENDORS, 5, 2, at).allowed is allowed


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, Reason.DISCLOSED),
        ({"vendor_legitimate_interests": IdSet()}, Reason.DISCLOSED),
        ({"disclosed_vendors": IdSet.of([1])}, Reason.VENDOR_NOT_DISCLOSED),
        ({"created": OLDER, "disclosed_vendors": None}, Reason.DISCLOSED),
        (
            {"created": OLDER, "disclosed_vendors": None, "vendor_legitimate_interests": IdSet()},
            Reason.VENDOR_NOT_DISCLOSED,
        ),
    ],
)
def test_special_purposes_need_disclosure_only(changes: dict[str, Any], reason: Reason) -> None:
    assert may_process_special(replace(YES_TO_ALL, **changes), VENDORS, 6, 1).reason is reason


def test_special_purposes_that_are_unknown_or_not_declared_are_no() -> None:
    assert may_process_special(YES_TO_ALL, VENDORS, 6, 4).reason is Reason.UNKNOWN_PURPOSE
    assert may_process_special(YES_TO_ALL, VENDORS, 6, 2).reason is Reason.NOT_DECLARED
    assert may_process_special(YES_TO_ALL, VENDORS, 9, 1).reason is Reason.UNKNOWN_VENDOR


@pytest.mark.parametrize(
    ("vendor", "feature", "tc", "reason"),
    [
        (1, 1, YES_TO_ALL, Reason.OPTED_IN),
        (1, 1, replace(YES_TO_ALL, special_feature_opt_ins=IdSet.of([2])), Reason.NOT_OPTED_IN),
        (1, 2, YES_TO_ALL, Reason.NOT_DECLARED),
        (1, 3, YES_TO_ALL, Reason.UNKNOWN_PURPOSE),
        (5, 1, YES_TO_ALL, Reason.VENDOR_DELETED),
    ],
    ids=["opted in", "not opted in", "not declared", "unknown", "deleted"],
)
def test_special_features_need_an_opt_in(vendor: int, feature: int, tc: TCString, reason: Reason) -> None:
    assert may_use_feature(tc, VENDORS, vendor, feature).reason is reason


def test_every_reason_is_told_in_words() -> None:
    assert set(TEXTS) == set(Reason)
    assert set(Reason) > YES
