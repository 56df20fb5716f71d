"""A policy as large as they come is valid, and every purpose finds its rule everywhere."""

from datetime import UTC, datetime

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.compiler import compile_policy
from activation.decisions.policy_rows import find_rule
from consent.policies.document.reading import LARGEST_TEXT, read_yaml
from consent.policies.document.sealing import seal
from consent.policies.document.validation import validate
from consent.policies.document.writing import write_yaml
from consent.policies.types import PublishedPolicy
from tests.large_policies import Document, make_large_document


def compiled(document: Document) -> CompiledPolicy:
    frozen, digest = seal(document)
    return compile_policy(
        PublishedPolicy(
            key="large",
            version=1,
            digest=digest,
            canonical=frozen,
            in_force_from=datetime(2026, 1, 1, tzinfo=UTC),
            in_force_until=None,
        )
    )


def test_a_document_of_the_same_kind_is_valid_and_reads_back() -> None:
    document = make_large_document(purposes=40, jurisdictions=20, destinations=10)

    assert validate(document) == []
    assert read_yaml(write_yaml(document)) == document


def test_the_largest_document_is_valid_and_within_what_is_read() -> None:
    document = make_large_document()

    sizes = [len(document[section]) for section in ("purposes", "jurisdictions", "destinations")]
    assert sizes == [500, 60, 200]
    assert len(seal(document)[0]) < LARGEST_TEXT
    assert validate(document) == []


def test_every_purpose_of_the_largest_policy_has_a_rule_for_everybody_everywhere() -> None:
    document = make_large_document()
    policy = compiled(document)

    missing = [
        (purpose, controller, code)
        for purpose in policy.purposes
        for controller in policy.establishments
        for code in [*document["jurisdictions"], "US-WY", "ZZ"]
        if find_rule(policy, purpose, controller, code).rule is None
    ]

    assert policy.intact
    assert missing == []
