"""Writes of policies: all that others may call. Each step of a version is an event in the ledger."""

from consent.policies.drafting import check_policy, copy_version, import_policy, lock_draft, seal_draft
from consent.policies.errors import (
    DigestChanged,
    EffectiveTimeRefused,
    NewerVersionPublished,
    NotSimulated,
    PolicyRefused,
    ReasonMissing,
    SelfApproval,
    VersionNotFound,
    WarningNotFound,
    WarningsUnanswered,
    WrongStatus,
)
from consent.policies.law.importing import import_law
from consent.policies.publishing import publish
from consent.policies.review import (
    acknowledge_warning,
    approve,
    attach_simulation,
    return_to_draft,
    submit_for_review,
)

__all__ = [
    "DigestChanged",
    "EffectiveTimeRefused",
    "NewerVersionPublished",
    "NotSimulated",
    "PolicyRefused",
    "ReasonMissing",
    "SelfApproval",
    "VersionNotFound",
    "WarningNotFound",
    "WarningsUnanswered",
    "WrongStatus",
    "acknowledge_warning",
    "approve",
    "attach_simulation",
    "check_policy",
    "copy_version",
    "import_law",
    "import_policy",
    "lock_draft",
    "publish",
    "return_to_draft",
    "seal_draft",
    "submit_for_review",
]
