"""Tells everything that is wrong with a policy document, at once."""

from consent.policies.document.conditions import find_condition_faults
from consent.policies.document.destinations import find_destination_faults
from consent.policies.document.notices import find_notice_faults
from consent.policies.document.paths import path_text, sort_key
from consent.policies.document.places import find_place_faults
from consent.policies.document.properties import find_property_faults
from consent.policies.document.purposes import find_purpose_faults
from consent.policies.document.rule_scope import find_scope_faults
from consent.policies.document.rule_terms import find_term_faults
from consent.policies.document.schema import find_form_faults
from consent.policies.document.vocabulary import find_vocabulary_faults
from consent.policies.taxonomy.vocabulary import Vocabulary, load_shipped
from consent.policies.types import Fault

_CHECKS = (
    find_form_faults,
    find_place_faults,
    find_purpose_faults,
    find_notice_faults,
    find_scope_faults,
    find_term_faults,
    find_destination_faults,
    find_property_faults,
    find_condition_faults,
)


def validate(document: object, vocabulary: Vocabulary | None = None) -> list[Fault]:
    """Return every fault of `document`, in the order of their paths; an empty list means it may be used.

    `vocabulary` tells which data uses, data categories and data subjects are known; without it, those of
    fideslang alone.
    """
    findings = {finding for check in _CHECKS for finding in check(document)}
    findings.update(find_vocabulary_faults(document, vocabulary or load_shipped()))
    ordered = sorted(findings, key=lambda finding: (sort_key(finding.parts), finding.message))
    return [Fault(path_text(finding.parts), finding.message) for finding in ordered]
