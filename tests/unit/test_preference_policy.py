"""Where a no to all is recorded, and which no it is."""

from typing import Any

import pytest

from consent.portal.preferences.policy import (
    asks_to_confirm,
    choose_no,
    find_marketing,
    find_tops,
    heeds_signals,
)
from consent.records.types import Choice
from tests.policy_documents import read_retailer

RETAILER = read_retailer()


def policy_of(**bases: str) -> dict[str, Any]:
    """Return a policy: purpose with `__` for dots -> basis, with `!` behind it of direct marketing."""
    rules = [
        {
            "purposes": [slug.replace("__", ".")],
            "basis": basis.rstrip("!"),
            "direct_marketing": basis.endswith("!"),
        }
        for slug, basis in bases.items()
    ]
    return {"rules": rules}


@pytest.mark.parametrize(
    ("bases", "tops"),
    [
        ({}, ("*",)),
        ({"a__b": "consent", "c": "opt_out", "d": "contract"}, ("*",)),
        ({"a__b": "consent", "a__c": "consent!", "x": "legitimate_interest"}, ("a",)),
        ({"a__b__c": "consent", "a__b__d": "consent", "a__x": "legitimate_interest"}, ("a.b",)),
        ({"a": "consent", "a__x": "legitimate_interest"}, ("a",)),
        ({"a__b": "legitimate_interest!", "c": "soft_opt_in", "x": "public_task"}, ("a", "c")),
        ({"a__b": "consent", "ab": "legitimate_interest"}, ("a",)),
        ({"x": "legitimate_interest"}, ("*",)),
    ],
)
def test_a_no_to_all_is_as_high_as_it_stops_nothing_else(bases: dict[str, str], tops: tuple[str]) -> None:
    assert find_tops(policy_of(**bases), "shop") == tops


@pytest.mark.parametrize(
    ("bases", "tops"),
    [
        ({"a__b": "consent!", "a__c": "legitimate_interest!", "d": "consent"}, ("a",)),
        ({"a__b": "consent!", "a__c": "consent", "d": "consent"}, ("a.b",)),
        ({"a__b": "consent!", "a__c": "contract"}, ("a",)),
        ({"a__b": "consent", "x": "legitimate_interest"}, ("a",)),
        ({}, ("*",)),
    ],
)
def test_a_no_to_a_mailing_that_names_no_purpose_is_one_to_direct_marketing(
    bases: dict[str, str], tops: tuple[str]
) -> None:
    assert find_marketing(policy_of(**bases), "shop") == tops


def test_a_rule_of_another_controller_says_nothing() -> None:
    document = policy_of(a__b="consent", a__x="legitimate_interest")
    document["rules"][1]["controllers"] = ["kiosk"]

    assert find_tops(document, "shop") == ("*",)
    assert find_tops(document, "kiosk") == ("a.b",)


def test_the_demo_s_shop_goes_on_to_protect_itself_against_fraud() -> None:
    assert find_tops(RETAILER, "northwind") == ("advertising", "analytics", "marketing", "profiling")
    assert "marketing" in find_marketing(RETAILER, "northwind")
    assert heeds_signals(RETAILER) == {"advertising.audience"}


@pytest.mark.parametrize(
    ("basis", "after_yes", "choice"),
    [
        ("consent", True, Choice.WITHDRAWN),
        ("consent", False, Choice.REFUSED),
        ("opt_out", False, Choice.OPTED_OUT),
        ("legitimate_interest", False, Choice.OBJECTED),
        ("soft_opt_in", False, Choice.OBJECTED),
        ("public_task", True, Choice.OBJECTED),
        ("contract", False, Choice.REFUSED),
    ],
)
def test_the_no_is_the_one_that_the_basis_honours(basis: str, after_yes: bool, choice: Choice) -> None:
    document = policy_of(a__b=basis)

    assert choose_no(document, "shop", "a.b", after_yes=after_yes) is choice
    assert choose_no(document, "shop", "a", after_yes=after_yes) is choice
    assert choose_no(document, "shop", "*", after_yes=after_yes) is choice


def test_a_no_that_meets_consent_anywhere_is_none_that_an_officer_may_overrule() -> None:
    document = policy_of(a__b="consent", a__c="legitimate_interest")

    assert choose_no(document, "shop", "a", after_yes=False) is Choice.REFUSED
    assert choose_no(document, "shop", "a.c", after_yes=False) is Choice.OBJECTED


def test_a_yes_is_confirmed_where_any_rule_asks_for_it() -> None:
    assert asks_to_confirm(RETAILER, "northwind", "marketing.email.newsletter")
    assert not asks_to_confirm(RETAILER, "northwind", "marketing.email")
    assert not asks_to_confirm(RETAILER, "northwind", "no.such")
