"""Tells everything that is wrong with a policy document, at once."""

from consent.policies.document.destinations import find_destination_faults
from consent.policies.document.notices import find_notice_faults
from consent.policies.document.paths import path_text, sort_key
from consent.policies.document.places import find_place_faults
from consent.policies.document.purposes import find_purpose_faults
from consent.policies.document.rule_scope import find_scope_faults
from consent.policies.document.rule_terms import find_term_faults
from consent.policies.document.schema import find_form_faults
from consent.policies.types import Fault

_CHECKS = (
    find_form_faults,
    find_place_faults,
    find_purpose_faults,
    find_notice_faults,
    find_scope_faults,
    find_term_faults,
    find_destination_faults,
)


def validate(document: object) -> list[Fault]:
    """Return every fault of `document`, in the order of their paths; an empty list means it may be used."""
    findings = {finding for check in _CHECKS for finding in check(document)}
    ordered = sorted(findings, key=lambda finding: (sort_key(finding.parts), finding.message))
    return [Fault(path_text(finding.parts), finding.message) for finding in ordered]
