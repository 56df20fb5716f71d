"""A policy begun from a Fides manifest: what Fides knows is in it, and what it does not know is refused."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.policies.document.reading import read_yaml
from consent.policies.document.validation import validate
from consent.policies.taxonomy.fides_manifest import Declaration, System
from consent.policies.taxonomy.fides_reading import read_manifest
from consent.policies.taxonomy.fides_writing import write_manifest
from consent.policies.taxonomy.skeleton import write_skeleton
from consent.policies.taxonomy.special_categories import SPECIAL_KEYS, may_be_special
from consent.policies.taxonomy.terms import TermKind
from consent.policies.taxonomy.vocabulary import load_shipped
from tests.fides_manifests import MANIFEST
from tests.policy_documents import read_retailer

READ = read_manifest(MANIFEST, load_shipped())
VOCABULARY = load_shipped().with_terms(READ.terms)
TEXT = write_skeleton("moved", READ.systems, VOCABULARY)


def fill_in(skeleton: dict[str, Any]) -> dict[str, Any]:
    """Return the skeleton with what an officer would put for each TODO."""
    document = deepcopy(skeleton)
    document["title"] = "Moved"
    document["controllers"] = {"shop": {"title": "The shop", "establishment": ["DE"]}}
    for purpose in document["purposes"].values():
        purpose["description"] = "What we do."
    for destination in document["destinations"].values():
        destination |= {"kind": "file", "role": "processor", "country": "DE"}
    return document


def test_what_fides_does_not_know_is_refused_until_it_is_filled_in() -> None:
    document = read_yaml(TEXT)

    assert [fault.path for fault in validate(document, VOCABULARY)] == [
        "controllers",
        "destinations.clinic.country",
        "destinations.clinic.kind",
        "destinations.clinic.role",
        "destinations.post-room.country",
        "destinations.post-room.kind",
        "destinations.post-room.role",
        "purposes.analytics.description",
        'purposes["marketing.letters"].description',
        "title",
    ]
    assert validate(fill_in(document), VOCABULARY) == []


def test_each_thing_to_fill_in_is_marked() -> None:
    assert TEXT.count("# TODO") == len(validate(read_yaml(TEXT), VOCABULARY))


def test_there_are_no_rules_so_everything_is_denied() -> None:
    assert read_yaml(TEXT)["rules"] == []


def test_a_purpose_gathers_what_systems_declare_for_its_use() -> None:
    purposes = read_yaml(TEXT)["purposes"]

    assert list(purposes) == ["analytics", "marketing.letters"]
    assert purposes["analytics"]["data_categories"] == ["user.health_and_medical", "user.unique_id"]
    assert purposes["marketing.letters"]["data_subjects"] == ["collector", "customer"]
    assert purposes["marketing.letters"]["title"] == "Letters"


def test_special_data_stays_special() -> None:
    categories = read_yaml(TEXT)["data_categories"]

    assert {key for key, one in categories.items() if one.get("special")} == {
        "user.health_and_medical",  # by its key
        "user.unique_id",  # a system that processes special data names it
    }


def test_the_keys_of_special_data_are_fideslangs() -> None:
    assert all(load_shipped().find(TermKind.DATA_CATEGORY, key) for key in SPECIAL_KEYS)


@pytest.mark.parametrize(
    ("key", "is_special"),
    [
        ("user.biometric", True),
        ("user.biometric.voice", True),
        ("user.demographic", True),  # may hold a political opinion
        ("user.demographic.gender", False),
        ("user.contact.email", False),
    ],
)
def test_data_is_special_by_its_own_key_by_what_is_above_and_by_what_is_below(
    key: str, is_special: bool
) -> None:
    assert may_be_special(key) is is_special


def test_what_fides_says_beyond_the_form_stands_in_remarks() -> None:
    for remark in (
        "#   marketing.letters: Legitimate interests (Post-Room)",
        "#   analytics: no legal basis stated (clinic)",
        "# Post-Room: Print letters",
        "# in Fides: Post-Room",
        "(Fides says: Processor)",
        "# cellar declares no use of data, so it is left out.",
    ):
        assert remark in TEXT


def test_a_policy_that_went_to_fides_begins_again_with_its_uses_and_categories() -> None:
    policy = read_retailer()
    systems = read_manifest(write_manifest([], policy), load_shipped()).systems

    document = fill_in(read_yaml(write_skeleton("retailer", systems, load_shipped())))

    assert validate(document) == []
    assert set(document["destinations"]) == set(policy["destinations"])
    flowing = {slug for one in policy["destinations"].values() for slug in one["purposes"]}
    assert set(document["purposes"]) == {policy["purposes"][slug]["data_use"] for slug in flowing}


_USES = [*sorted(key for kind, key in load_shipped().terms if kind is TermKind.DATA_USE), "x" * 128]
_CATEGORIES = sorted(key for kind, key in load_shipped().terms if kind is TermKind.DATA_CATEGORY)
_DECLARATIONS = st.builds(
    Declaration,
    name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
    data_use=st.sampled_from(_USES),
    data_categories=st.lists(st.sampled_from(_CATEGORIES), max_size=3, unique=True).map(tuple),
    data_subjects=st.lists(st.sampled_from(["customer", "employee"]), max_size=2, unique=True).map(tuple),
    legal_basis=st.sampled_from(["", "Consent"]),
    special=st.booleans(),
)
_SYSTEMS = st.builds(
    System,
    key=st.from_regex(r"[a-zA-Z0-9_.<>-]{1,70}", fullmatch=True),
    name=st.just("") | st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20),
    responsibility=st.lists(st.sampled_from(["Processor", "a\nb: c", "\u2028#"]), max_size=2).map(tuple),
    declarations=st.lists(_DECLARATIONS, max_size=3).map(tuple),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(_SYSTEMS, max_size=4, unique_by=lambda system: system.key))
def test_whatever_systems_declare_only_what_is_marked_is_refused(systems: list[System]) -> None:
    text = write_skeleton("moved", systems, load_shipped())
    document = read_yaml(text)

    declaring = [system for system in systems if system.declarations]
    assert len(document["destinations"]) == len(declaring)
    assert document["rules"] == []
    unknown = "x" * 128
    expected = {"title", "controllers"} | (set() if declaring else {"purposes"})
    for fault in validate(document):
        is_filled_in = fault.path.endswith((".description", ".kind", ".role", ".country", ".data_categories"))
        is_unknown = fault.path == f"purposes.{unknown}.data_use"
        is_blank = fault.path.endswith(".title")
        assert is_filled_in or is_unknown or is_blank or fault.path in expected, fault
