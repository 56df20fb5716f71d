"""A Fides manifest is read strictly, and what is written can be read back."""

import pytest
from hypothesis import given, settings

from consent.policies.document.reading import read_yaml
from consent.policies.taxonomy.fides_manifest import ManifestRefused
from consent.policies.taxonomy.fides_reading import read_manifest
from consent.policies.taxonomy.fides_writing import write_manifest
from consent.policies.taxonomy.terms import Term, TermKind
from consent.policies.taxonomy.vocabulary import load_shipped
from tests.fides_manifests import MANIFEST, term_lists
from tests.policy_documents import make_document, read_retailer, spoil

SHIPPED = load_shipped()


def faults(text: str) -> dict[str, str]:
    try:
        read_manifest(text, SHIPPED)
    except ManifestRefused as refusal:
        return {fault.path: fault.message for fault in refusal.faults}
    return {}


def test_terms_are_read_with_what_fides_says_of_them() -> None:
    terms = {term.key: term for term in read_manifest(MANIFEST, SHIPPED).terms}

    assert list(terms) == ["marketing.letters", "analytics", "sales", "user.loyalty", "collector"]
    assert terms["marketing.letters"] == Term(
        kind=TermKind.DATA_USE, key="marketing.letters", name="Letters", description="Letters that sell."
    )
    assert terms["sales"].active is False


def test_a_term_without_a_name_is_called_by_its_key() -> None:
    (term,) = read_manifest("data_subject: [{fides_key: collector}]", SHIPPED).terms

    assert term.name == "collector"


def test_systems_are_read_with_their_declarations() -> None:
    systems = {system.key: system for system in read_manifest(MANIFEST, SHIPPED).systems}
    letters, count = systems["Post-Room"].declarations

    assert letters.data_categories == ("user.contact.address", "user.loyalty")
    assert letters.data_subjects == ("collector", "customer")
    assert letters.legal_basis == "Legitimate interests"
    assert (count.legal_basis, count.special) == ("", False)
    assert systems["clinic"].declarations[0].special is True
    assert systems["cellar"].declarations == ()


def test_sections_that_are_not_carried_over_are_counted() -> None:
    assert read_manifest(MANIFEST, SHIPPED).left_out == {"dataset": 2, "organization": 1}


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("- a", "line 1", ""),
        ("data_use: {}", "data_use", "found {}, expected a list"),
        ("data_use: [7]", "data_use[0]", "found 7, expected a mapping of fields"),
        ("data_use: [{name: X}]", "data_use[0].fides_key", "missing; expected the key of a data use"),
        ("data_use: [{fides_key: A}]", "data_use[0].fides_key", "found 'A', expected the key of a data use"),
        ("data_use: [{fides_key: 7}]", "data_use[0].fides_key", "found 7, expected the key of a data use"),
        (
            "data_subject: [{fides_key: a.b}]",
            "data_subject[0].fides_key",
            "expected the key of a data subject",
        ),
        ("data_use: [{fides_key: a, name: 7}]", "data_use[0].name", "found 7, expected text"),
        ('data_use: [{fides_key: a, name: " "}]', "data_use[0].name", "expected a line of text"),
        ('data_use: [{fides_key: a, name: "b\\nc"}]', "data_use[0].name", "expected a line of text"),
        (f"data_use: [{{fides_key: a, name: {'b' * 201}}}]", "data_use[0].name", "at most 200 letters"),
        (
            f"data_use: [{{fides_key: a, description: {'b' * 2001}}}]",
            "data_use[0].description",
            "at most 2000",
        ),
        (
            "data_use: [{fides_key: a, active: yes}]",
            "data_use[0].active",
            "found 'yes', expected true or false",
        ),
        (
            "data_use: [{fides_key: a}, {fides_key: b}, {fides_key: a}]",
            "data_use[2].fides_key",
            "'a' is already the key of data_use[0]",
        ),
        (
            "data_use: [{fides_key: marketing.a, parent_key: sales}]",
            "data_use[0].parent_key",
            "found 'sales', expected 'marketing'",
        ),
        (
            "data_use: [{fides_key: a, parent_key: sales}]",
            "data_use[0].parent_key",
            "expected none, because the key has no dot",
        ),
        ("data_use: [{fides_key: a.b}]", "data_use[0].parent_key", "the parent 'a' is in neither this file"),
        ("data_uses: []", "data_uses", "unknown section; did you mean 'data_use'?"),
        ("systems: []", "systems", "unknown section; did you mean 'system'?"),
        ("system: [{name: X}]", "system[0].fides_key", "missing; expected the system's key"),
        ("system: [{fides_key: 'a b'}]", "system[0].fides_key", "expected the system's key"),
        (
            "system: [{fides_key: a, privacy_declarations: 7}]",
            "system[0].privacy_declarations",
            "found 7, expected a list",
        ),
        (
            "system: [{fides_key: a, privacy_declarations: [{data_categories: [user]}]}]",
            "system[0].privacy_declarations[0].data_use",
            "missing; expected the key of a data use",
        ),
        (
            "system: [{fides_key: a, privacy_declarations: [{data_use: sales, data_categories: [user, U]}]}]",
            "system[0].privacy_declarations[0].data_categories[1]",
            "found 'U', expected the key of a data category",
        ),
        (
            "system: [{fides_key: a, privacy_declarations: [{data_use: a, legal_basis_for_processing: b}]}]",
            "system[0].privacy_declarations[0].legal_basis_for_processing",
            "found 'b', expected one of Consent, Contract",
        ),
    ],
)
def test_a_fault_is_told_where_it_is_and_in_plain_words(text: str, path: str, words: str) -> None:
    found = faults(text)

    assert list(found) == [path]
    assert words in found[path]


def test_all_faults_are_told_at_once() -> None:
    text = (
        "data_use: [{fides_key: A}, 7]\ndata_subject: {}\nsystem: [{privacy_declarations: [{}]}]\nsystems: []"
    )

    assert list(faults(text)) == [
        "data_subject",
        "data_use[0].fides_key",
        "data_use[1]",
        "system[0].fides_key",
        "system[0].privacy_declarations[0]",
        "systems",
    ]


def test_a_parent_may_be_anywhere_in_the_file() -> None:
    assert faults("data_use: [{fides_key: a.b}, {fides_key: a}]") == {}


@settings(max_examples=200, deadline=None)
@given(term_lists())
def test_terms_that_are_written_and_read_again_are_the_same(terms: list[Term]) -> None:
    read = read_manifest(write_manifest(terms), SHIPPED).terms

    assert sorted(read, key=_place) == sorted(terms, key=_place)


def _place(term: Term) -> tuple[str, str]:
    return (term.kind, term.key)


def test_a_term_of_fideslang_is_written_with_its_versions() -> None:
    """Fides refuses a default term without them, and other terms with them."""
    own = Term(kind=TermKind.DATA_USE, key="sales.doors", name="Doors")
    off = Term(kind=TermKind.DATA_USE, key="personalize.profiling", name="Profiling", active=False)

    first, second = read_yaml(write_manifest([own, off]))["data_use"]

    assert (first["is_default"], first["version_added"], first["version_deprecated"]) == (
        True,
        "2.0.0",
        "2.1.1",
    )
    assert first["replaced_by"] == "personalize.content.profiling"
    assert second == {"fides_key": "sales.doors", "name": "Doors", "parent_key": "sales", "active": True}


def test_each_destination_becomes_a_system_that_declares_what_may_flow() -> None:
    systems = {one["fides_key"]: one for one in read_yaml(write_manifest([], read_retailer()))["system"]}

    assert list(systems) == [
        "archive_files",
        "atlas_recommender",
        "lumen_mail",
        "meridian_ads",
        "orbit_features",
    ]
    assert systems["meridian_ads"] == {
        "fides_key": "meridian_ads",
        "name": "Meridian Ads",
        "system_type": "ad_platform",
        "privacy_declarations": [
            {
                "name": "advertising.audience",
                "data_use": "marketing.advertising.third_party.targeted",
                "data_categories": [
                    "user.behavior.purchase_history",
                    "user.contact.address.country",
                    "user.contact.email",
                    "user.unique_id",
                ],
                "data_subjects": [],
                "processes_special_category_data": False,
            }
        ],
    }


@pytest.mark.parametrize(
    ("steps", "value"),
    [
        (("purposes", "marketing.email", "status"), "retired"),
        (("purposes", "marketing.email", "data_categories"), []),
    ],
)
def test_a_purpose_for_which_nothing_flows_is_not_declared(steps: tuple[str, ...], value: object) -> None:
    document = spoil(make_document(), *steps, value=value)

    ads, mailer = read_yaml(write_manifest([], document))["system"]

    assert ads["privacy_declarations"] == []
    assert [one["name"] for one in mailer["privacy_declarations"]] == ["service.orders"]


def test_special_data_is_declared() -> None:
    document = spoil(make_document(), "data_categories", "contact.email", "special", value=True)

    ads, _ = read_yaml(write_manifest([], document))["system"]

    assert ads["privacy_declarations"][0]["processes_special_category_data"] is True
