"""Holds a policy against the law table, and warns where it is laxer. Pure: no Django, no clock.

A warning refuses nothing: the table is an engineering table and not legal advice, and an officer may have a
reason that no table knows. It must be answered before review.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from consent.policies.law.case import PolicyCase
from consent.policies.law.checks.ages import find_low_ages
from consent.policies.law.checks.bases import find_laxer_bases
from consent.policies.law.checks.bundles import find_bundles
from consent.policies.law.checks.signals import find_deaf_rules
from consent.policies.law.checks.training import find_unnamed_trainers
from consent.policies.law.checks.validity import find_long_validity
from consent.policies.law.checks.withdrawal import find_silent_notices
from consent.policies.law.types import LawTable
from consent.policies.types import PolicyWarning

CHECKS: tuple[Callable[[PolicyCase], Iterator[PolicyWarning]], ...] = (
    find_laxer_bases,
    find_low_ages,
    find_long_validity,
    find_bundles,
    find_silent_notices,
    find_deaf_rules,
    find_unnamed_trainers,
)


def find_warnings(document: Mapping[str, Any], law: LawTable, *, at: date) -> tuple[PolicyWarning, ...]:
    """Return where `document` is laxer than the rows of `law` that hold on the day `at`, by path.

    The document has no faults (`consent.policies.document.validation`). Retired purposes are passed over:
    they are denied anyway.
    """
    case = PolicyCase(document, law.in_force(at))
    found = {warning.key: warning for check in CHECKS for warning in check(case)}
    return tuple(sorted(found.values(), key=lambda warning: (warning.path, warning.key)))
