"""What is declared beside what was observed: every way in which they can differ, and that they can agree."""

import inspect
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from activation.decisions.register import Suspension
from activation.desk.register import differences
from activation.desk.register.types import DifferenceKind, Weight
from tests.policy_documents import make_document, spoil
from tests.register_world import (
    LATELY,
    NOW,
    POLICY_FROM,
    YESTERDAY,
    find_differences,
    kinds_of,
    make_material,
    make_observed,
    make_register,
)

BEFORE = POLICY_FROM - timedelta(days=1)


def of_the_shop(*observed: Any, **more: Any) -> list[str]:
    """Return the kinds of differences at the ads but for the kiosk's."""
    return kinds_of([one for one in find_differences(*observed, **more) if one.controller != "kiosk"])


def test_what_was_seen_as_it_is_declared_makes_no_difference() -> None:
    assert of_the_shop(make_observed()) == []


def test_what_is_declared_and_was_never_seen_is_told() -> None:
    assert of_the_shop() == ["never_observed"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"purpose": "marketing.post"}, ["purpose_not_declared", "never_observed"]),
        ({"controller": "market"}, ["controller_not_declared", "never_observed"]),
        ({"controller": ""}, ["controller_not_declared", "never_observed"]),
        (
            {"purpose": "service.orders"},
            ["destination_not_mapped", "legal_basis_not_declared", "never_observed"],
        ),
        ({"legal_bases": ("consent", "opt_out")}, ["legal_basis_not_declared"]),
        ({"legal_bases": ()}, []),
        ({"columns": ("email", "phone")}, ["column_unknown"]),
        ({"columns": ("shoe_size",)}, ["column_unknown"]),
        ({"columns": ("flag",)}, []),
        ({"columns": ("EMAIL_SHA256",)}, []),
        ({"columns": ("contact.email",)}, []),
        ({"sources": ()}, ["source_unknown"]),
        ({"last_seen_at": BEFORE, "first_seen_at": BEFORE}, ["older_policy_only"]),
        ({"last_seen_at": NOW - LATELY, "first_seen_at": POLICY_FROM}, []),
        (
            {"last_seen_at": NOW - LATELY - timedelta(seconds=1), "first_seen_at": POLICY_FROM},
            ["not_observed_lately"],
        ),
        (
            {"first_seen_at": NOW + timedelta(days=1), "last_seen_at": NOW + timedelta(days=2)},
            ["never_observed"],
        ),
    ],
)
def test_each_way_in_which_what_was_seen_differs_is_told(
    changed: dict[str, Any], expected: list[str]
) -> None:
    assert of_the_shop(make_observed(**changed)) == expected


def test_a_destination_that_the_policy_does_not_have_is_told() -> None:
    assert "destination_not_declared" in kinds_of(
        find_differences(make_observed(destination="bazaar"), about="bazaar")
    )


def test_every_combination_of_declared_and_undeclared_names_tells_exactly_those_that_are_not_declared() -> (
    None
):
    told = {
        "purpose": DifferenceKind.PURPOSE_NOT_DECLARED,
        "controller": DifferenceKind.CONTROLLER_NOT_DECLARED,
        "destination": DifferenceKind.DESTINATION_NOT_DECLARED,
    }
    for declared in product([True, False], repeat=len(told)):
        changed = {
            name: "nobody" for name, is_declared in zip(told, declared, strict=True) if not is_declared
        }
        found = make_register(None, make_observed(**changed)).differences

        urgent = {one.kind for one in found if one.weight is Weight.URGENT}
        assert urgent == {kind for name, kind in told.items() if name in changed}


@pytest.mark.parametrize(
    ("seen", "mapped", "ruled", "expected"),
    [
        (True, True, True, set()),
        (True, True, False, {"no_rule"}),
        (True, False, True, {"destination_not_mapped"}),
        (True, False, False, {"destination_not_mapped", "no_rule"}),
        (False, True, True, {"never_observed"}),
        (False, True, False, set()),
        (False, False, True, set()),
        (False, False, False, set()),
    ],
)
def test_what_is_seen_mapped_and_ruled_is_compared_in_all_combinations(
    seen: bool, mapped: bool, ruled: bool, expected: set[str]
) -> None:
    document = make_document()
    if not mapped:
        document = spoil(document, "destinations", "ads", "purposes", value=["service.orders"])
    if not ruled:
        document = spoil(document, "rules", 0, "controllers", value=["kiosk"])
    observed = [make_observed()] if seen else []

    found = find_differences(*observed, material=make_material(document))

    own = {one.kind.value for one in found if one.controller == "shop" and one.purpose == "marketing.email"}
    assert own == expected


def test_a_retired_purpose_is_not_declared_any_more() -> None:
    retired = spoil(make_document(), "purposes", "marketing.email", "status", value="retired")

    assert of_the_shop(make_observed(), material=make_material(retired)) == ["purpose_not_declared"]


def test_a_column_whose_category_the_destination_may_not_receive_is_told() -> None:
    document = make_document()
    document["data_categories"]["purchases.history"] = {
        "title": "What was bought",
        "data_category": "user.behavior.purchase_history",
    }

    found = find_differences(
        make_observed(columns=("email", "purchase_history")), material=make_material(document)
    )

    [difference] = [one for one in found if one.controller == "shop"]
    assert difference.kind is DifferenceKind.COLUMN_NOT_DECLARED
    assert "purchase_history" in difference.words
    assert "purchases.history" in difference.words


@pytest.mark.parametrize(("days_ago", "is_told"), [(4, False), (3, True), (2, True), (1, False)])
def test_what_went_to_a_destination_while_it_was_suspended_is_told_first(
    days_ago: int, is_told: bool
) -> None:
    pause = Suspension(NOW - timedelta(days=3), NOW - timedelta(days=1))
    seen_at = NOW - timedelta(days=days_ago)
    observed = make_observed(first_seen_at=seen_at, last_seen_at=seen_at)

    found = of_the_shop(observed, material=make_material(suspended={"ads": pause}))

    assert found == (["suspended_destination_observed"] if is_told else [])


def test_of_a_destination_that_is_suspended_now_nobody_expects_to_see_anything() -> None:
    material = make_material(suspended={"ads": Suspension(NOW - timedelta(days=3))})

    assert find_differences(material=material) == []


def test_of_a_destination_in_a_country_that_no_rule_permits_nobody_expects_to_see_anything() -> None:
    document = spoil(make_document(), "destinations", "ads", "country", value="BR")

    assert find_differences(material=make_material(document)) == []


def test_what_was_seen_before_the_policy_is_judged_by_it_in_nothing_but_that() -> None:
    gone = make_observed(purpose="marketing.post", first_seen_at=BEFORE, last_seen_at=BEFORE)
    kept = make_observed(legal_bases=("opt_out",), first_seen_at=BEFORE, last_seen_at=BEFORE)

    found = [one for one in find_differences(gone, kept) if one.kind is DifferenceKind.OLDER_POLICY_ONLY]

    assert [one.purpose for one in found] == ["marketing.email", "marketing.post"]
    assert "still declared" in found[0].words
    assert "not declared any more" in found[1].words


def test_a_historic_register_counts_what_was_seen_later_as_seen_until_then() -> None:
    observed = make_observed(first_seen_at=POLICY_FROM, last_seen_at=YESTERDAY)
    then = POLICY_FROM + timedelta(days=10)

    assert of_the_shop(observed, material=make_material(at=then)) == []


@pytest.mark.parametrize("paths", [0, 1, 2])
def test_ungated_paths_are_counted(paths: int) -> None:
    found = [one for one in find_differences(ungated_paths=paths) if one.kind is DifferenceKind.UNGATED_PATHS]

    assert [one.words.split()[0] for one in found] == ([str(paths)] if paths else [])


def test_the_most_urgent_come_first_and_the_order_is_always_the_same() -> None:
    observed = [
        make_observed(columns=("shoe_size",)),
        make_observed(purpose="marketing.post"),
        make_observed(legal_bases=("opt_out",)),
    ]

    forwards = make_register(None, *observed, ungated_paths=1).differences
    backwards = make_register(None, *observed[::-1], ungated_paths=1).differences

    assert forwards == backwards
    weights = [list(Weight).index(one.weight) for one in forwards]
    assert weights == sorted(weights)
    assert forwards[0].kind is DifferenceKind.UNGATED_PATHS


def test_every_difference_says_what_to_do() -> None:
    observed = [
        make_observed(purpose="marketing.post"),
        make_observed(controller="market", sources=()),
        make_observed(destination="bazaar"),
        make_observed(legal_bases=("opt_out",), columns=("shoe_size",)),
        make_observed(controller="kiosk", first_seen_at=BEFORE, last_seen_at=BEFORE),
    ]

    for one in make_register(None, *observed, ungated_paths=1).differences:
        assert one.words.endswith(".")
        assert one.advice.endswith(".")


MUTANTS = [
    ("known.is_suspended(last)", "known.is_suspended(material.at)"),
    ("if last < material.policy.in_force_from:", "if False:"),
    ("set(one.legal_bases) - declared", "declared - set(one.legal_bases)"),
    ("elif not holding & permitted:", "elif not holding & received:"),
    ("elif not holding & permitted:", "elif False:"),
    ("if not one.sources:", "if one.sources:"),
    ("is None or not purpose.active", "is None"),
    ("if found is None:", "if not found:\n                continue\n            if found is None:"),
    ("< material.at - lately", "<= material.at - lately"),
    ("one.first_seen_at <= material.at", "True"),
    ("bool(recipient.permitted_in) and ", ""),
    (' and recipient.registration != "suspended"', ""),
    ("if ungated_paths else []", "if ungated_paths > 1 else []"),
    ("min(one.last_seen_at, material.at)", "one.last_seen_at"),
]
"""Each a plausible mistake in comparing."""
TODAY = {
    ("column_not_declared", "kiosk", "marketing.email", "ads"),
    ("column_not_declared", "shop", "marketing.email", "mailer"),
    ("legal_basis_not_declared", "shop", "marketing.email", "mailer"),
    ("never_observed", "kiosk", "service.orders", "mailer"),
    ("never_observed", "shop", "service.orders", "mailer"),
    ("not_observed_lately", "shop", "marketing.email", "ads"),
    ("older_policy_only", "shop", "gone", "mailer"),
    ("purpose_not_declared", "shop", "old", "mailer"),
    ("source_unknown", "shop", "marketing.email", "mailer"),
    ("suspended_destination_observed", "shop", "marketing.email", "ads"),
    ("never_observed", "kiosk", "marketing.email", "still"),
    ("ungated_paths", "", "", ""),
}
"""What is to be found in the world of all cases."""
TOMORROW = TODAY - {("never_observed", "kiosk", "marketing.email", "still")} | {
    ("suspended_destination_observed", "shop", "marketing.email", "still"),
    ("not_observed_lately", "kiosk", "marketing.email", "mailer"),
    ("purpose_not_declared", "shop", "later", "mailer"),
}


def test_all_cases_in_one_world_are_told_apart() -> None:
    assert _judge(differences.list_differences) == [TODAY, TOMORROW]


@pytest.mark.parametrize(("right", "wrong"), MUTANTS, ids=range(len(MUTANTS)))
def test_each_mutant_of_the_comparison_is_seen(right: str, wrong: str) -> None:
    source = inspect.getsource(differences)
    assert right in source
    mutant: dict[str, Any] = {"__name__": "mutant"}
    exec(compile(source.replace(right, wrong), "mutant", "exec"), mutant)  # noqa: S102 - our own source

    assert _judge(mutant["list_differences"]) != [TODAY, TOMORROW]


def _judge(compare: Any) -> list[set[tuple[str, ...]]]:
    """Return what `compare` finds in a world that holds every case once, now and a day later."""
    document = make_document()
    document["data_categories"]["pay"] = {"title": "Payment", "data_category": "user.payment"}
    document["purposes"]["old"] = {**document["purposes"]["service.orders"], "status": "retired"}
    document["destinations"]["mailer"]["data_categories"].append("pay")
    document["destinations"]["far"] = {**document["destinations"]["ads"], "country": "BR"}
    document["destinations"]["still"] = {**document["destinations"]["ads"]}
    pauses = {"ads": Suspension(POLICY_FROM, NOW - LATELY), "still": Suspension(NOW + timedelta(hours=12))}
    material = make_material(document, suspended=pauses)
    long_ago = NOW - LATELY - timedelta(days=1)
    observed = [
        make_observed(first_seen_at=long_ago, last_seen_at=long_ago),
        make_observed(
            destination="mailer", columns=("payment",), legal_bases=("consent", "opt_out"), sources=()
        ),
        make_observed(destination="mailer", purpose="old"),
        make_observed(destination="mailer", purpose="gone", first_seen_at=BEFORE, last_seen_at=BEFORE),
        make_observed(
            destination="mailer", controller="kiosk", first_seen_at=POLICY_FROM, last_seen_at=NOW - LATELY
        ),
        make_observed(
            destination="mailer",
            purpose="later",
            first_seen_at=NOW + timedelta(days=1),
            last_seen_at=NOW + timedelta(days=1),
        ),
        make_observed(controller="kiosk", columns=("payment",), last_seen_at=NOW + timedelta(days=200)),
        make_observed(destination="still", last_seen_at=NOW + timedelta(days=1)),
    ]
    worlds = [replace(material, at=at) for at in (NOW, NOW + timedelta(days=1))]
    found = [
        compare(world, make_register(world).entries, observed, lately=LATELY, ungated_paths=1)
        for world in worlds
    ]
    return [
        {(one.kind.value, one.controller, one.purpose, one.destination) for one in part} for part in found
    ]
