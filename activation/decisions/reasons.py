"""The closed list of reasons, in the order of the decision table. Part of the public contract."""

from enum import StrEnum


class Effect(StrEnum):
    """The two answers there are."""

    ALLOW = "allow"
    DENY = "deny"


class Reason(StrEnum):
    """Why. Deny unless listed in `ALLOWING`."""

    POLICY_UNAVAILABLE = "policy_unavailable"
    PURPOSE_UNKNOWN = "purpose_unknown"
    PURPOSE_INACTIVE = "purpose_inactive"
    REQUIRED_PURPOSE_DENIED = "required_purpose_denied"
    DESTINATION_UNKNOWN = "destination_unknown"
    DESTINATION_SUSPENDED = "destination_suspended"
    DESTINATION_NOT_PERMITTED = "destination_not_permitted"
    STATE_STALE = "state_stale"
    STATE_UNAVAILABLE = "state_unavailable"
    SUBJECT_ERASED = "subject_erased"
    SUBJECT_RESTRICTED = "subject_restricted"
    IDENTITY_AMBIGUOUS = "identity_ambiguous"
    SUBJECT_UNKNOWN = "subject_unknown"
    JURISDICTION_UNRESOLVED = "jurisdiction_unresolved"
    NO_RULE = "no_rule"
    MINOR_WITHOUT_GUARDIAN = "minor_without_guardian"
    MINOR_PROHIBITED = "minor_prohibited"
    AGE_UNKNOWN = "age_unknown"
    TRANSFER_NOT_PERMITTED = "transfer_not_permitted"
    DATA_CATEGORY_NOT_PERMITTED = "data_category_not_permitted"
    CONDITION_NOT_MET = "condition_not_met"
    OBJECTED = "objected"
    OPTED_OUT = "opted_out"
    OPT_OUT_SIGNAL = "opt_out_signal"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    NO_RECORD = "no_record"
    NO_CHOICE = "no_choice"
    PENDING_CONFIRMATION = "pending_confirmation"
    EXPIRED = "expired"
    NOTICE_OUTDATED = "notice_outdated"
    INVALIDATED = "invalidated"
    RECIPIENT_NOT_COVERED = "recipient_not_covered"
    GRANTED = "granted"
    NOT_OPTED_OUT = "not_opted_out"
    BASIS_NOT_CONSENT = "basis_not_consent"
    BASIS_CONDITION_UNMET = "basis_condition_unmet"


ALLOWING = frozenset({Reason.GRANTED, Reason.NOT_OPTED_OUT, Reason.BASIS_NOT_CONSENT})
"""The reasons that go with an allow; every other one goes with a deny."""

CIRCUMSTANCES = frozenset(
    {
        Reason.STATE_STALE,
        Reason.STATE_UNAVAILABLE,
        Reason.SUBJECT_ERASED,
        Reason.SUBJECT_RESTRICTED,
        Reason.IDENTITY_AMBIGUOUS,
        Reason.SUBJECT_UNKNOWN,
        Reason.JURISDICTION_UNRESOLVED,
    }
)
"""Reasons that lie in the circumstances, not in a purpose. A required purpose that is denied for one of
these leaves it to the asked purpose's own row to say so (ADR 2); a last look catches what is left."""

NOT_PERMITTED = "not_permitted"
"""What a caller without the `explain` scope is told instead of any deny's reason."""
