"""The demo's policy: it has no faults, and what it promises can happen."""

from typing import Any

import pytest

from consent.policies.document.codes import load_codes
from consent.policies.document.validation import validate
from tests.policy_documents import RETAILER, read_retailer

POLICY = read_retailer()
AUDIENCE_COLUMNS = {"customer_id", "email", "phone", "country", "orders", "total_spent", "last_order_on"}
SOLD_IN = {"EU", "GB", "US-CA", "BR"}


def rules_for(purpose: str) -> list[dict[str, Any]]:
    return [rule for rule in POLICY["rules"] if purpose in rule["purposes"]]


def rule_in(purpose: str, jurisdiction: str) -> dict[str, Any]:
    rules = [rule for rule in rules_for(purpose) if {jurisdiction, "*"} & set(rule["jurisdictions"])]
    assert len(rules) == 1
    return rules[0]


def test_it_has_no_faults() -> None:
    assert validate(POLICY) == []


def test_it_says_that_it_is_an_example() -> None:
    head = RETAILER.read_text(encoding="utf-8")[:400]

    assert "example" in head
    assert "not legal advice" in head


def test_it_is_large_enough_to_show_something() -> None:
    assert len(POLICY["purposes"]) >= 10
    assert set(POLICY["jurisdictions"]) == SOLD_IN
    assert set(POLICY["controllers"]) == {"northwind", "harbor"}
    assert len({destination["kind"] for destination in POLICY["destinations"].values()}) == 5
    assert {rule["basis"] for rule in POLICY["rules"]} >= {
        "consent", "opt_out", "contract", "legitimate_interest", "legal_obligation",
    }  # fmt: skip
    assert set(POLICY["jurisdictions"]["EU"]["members"]) == load_codes().groups["EU"]


@pytest.mark.parametrize("purpose", sorted(set(POLICY["purposes"]) - {"marketing"}))
def test_every_purpose_has_one_rule_wherever_the_shops_sell(purpose: str) -> None:
    for jurisdiction in SOLD_IN:
        rule_in(purpose, jurisdiction)


def test_the_group_purpose_has_no_rule_and_no_destination() -> None:
    assert rules_for("marketing") == []
    assert all("marketing" not in entry["purposes"] for entry in POLICY["destinations"].values())


def test_services_hold_where_the_country_is_not_known() -> None:
    everywhere = {
        purpose for rule in POLICY["rules"] if "*" in rule["jurisdictions"] for purpose in rule["purposes"]
    }

    assert everywhere == {purpose for purpose in POLICY["purposes"] if purpose.startswith("service.")}


CONSENT_ABROAD = {"EU": "consent", "GB": "consent", "BR": "consent"}
PROFILING = {"EU": "consent", "GB": "consent", "BR": "legitimate_interest", "US-CA": "opt_out"}


@pytest.mark.parametrize(
    ("purpose", "bases"),
    [
        ("service.orders", dict.fromkeys(SOLD_IN, "contract")),
        ("service.accounting", dict.fromkeys(SOLD_IN, "legal_obligation")),
        ("service.fraud_prevention", dict.fromkeys(SOLD_IN, "legitimate_interest")),
        ("marketing.email", {**CONSENT_ABROAD, "US-CA": "opt_out"}),
        ("marketing.email.newsletter", CONSENT_ABROAD),
        ("marketing.post", dict.fromkeys(SOLD_IN, "legitimate_interest")),
        ("analytics.measurement", {**CONSENT_ABROAD, "US-CA": "opt_out"}),
        ("profiling.recommendations", PROFILING),
        ("profiling.segmentation", PROFILING),
        ("advertising.audience", {**CONSENT_ABROAD, "US-CA": "opt_out"}),
    ],
)
def test_purposes_rest_on_the_bases_that_the_demo_tells_of(purpose: str, bases: dict[str, str]) -> None:
    assert {code: rule_in(purpose, code)["basis"] for code in bases} == bases


def test_the_newsletter_is_confirmed_wherever_it_is_consented_to() -> None:
    for code in ("EU", "GB", "BR"):
        assert rule_in("marketing.email.newsletter", code)["double_opt_in"] is True


def test_marketing_honours_every_no() -> None:
    for purpose in (
        "marketing.email",
        "marketing.email.newsletter",
        "marketing.post",
        "advertising.audience",
    ):
        assert all(rule["direct_marketing"] for rule in rules_for(purpose))


def test_the_young_are_kept_out_of_advertising() -> None:
    california = rule_in("advertising.audience", "US-CA")["age"]["bands"]

    assert california == [{"under": 13, "effect": "guardian"}, {"under": 16, "effect": "own_consent"}]
    for code in ("EU", "GB", "BR"):
        assert rule_in("advertising.audience", code)["age"] == {
            "unknown": "accept",
            "bands": [{"under": 18, "effect": "barred"}],
        }


def test_advertising_needs_a_notice_that_names_its_recipient() -> None:
    versions = POLICY["notices"]["privacy"]["versions"]
    naming = [
        int(number) for number, version in versions.items() if "meridian_ads" in version.get("recipients", [])
    ]

    assert sorted(versions) == ["1", "2", "3"]
    assert naming == [2, 3]
    assert {rule["notice"]["oldest_version"] for rule in rules_for("advertising.audience")} == {2}


def test_what_leaves_for_advertising_is_masked() -> None:
    for rule in rules_for("advertising.audience"):
        assert rule["obligations"]["drop"] == ["phone"]
        assert rule["obligations"]["mask"] == {"email": "sha256"}
    assert rule_in("advertising.audience", "US-CA")["obligations"]["set"] == {"restricted_data_use": "true"}


def test_obligations_speak_of_columns_that_the_audience_has() -> None:
    for rule in POLICY["rules"]:
        obligations = rule.get("obligations", {})
        assert {*obligations.get("drop", ()), *obligations.get("mask", ())} <= AUDIENCE_COLUMNS


@pytest.mark.parametrize("slug", sorted(POLICY["destinations"]))
def test_rules_permit_all_that_a_destination_may_receive_and_where_it_is(slug: str) -> None:
    destination = POLICY["destinations"][slug]
    groups = {code: set(entry.get("members", ())) for code, entry in POLICY["jurisdictions"].items()}
    for purpose in destination["purposes"]:
        wanted = set(destination["data_categories"])
        assert wanted <= set(POLICY["purposes"][purpose]["data_categories"])
        for rule in rules_for(purpose):
            assert wanted <= set(rule["data_categories"]), rule["id"]
            permitted = set(rule["transfer_countries"])
            countries = permitted.union(*(groups.get(code, set()) for code in permitted))
            assert countries & {destination["country"], "*"}, rule["id"]
