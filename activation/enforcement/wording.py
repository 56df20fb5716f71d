"""Each reason in plain words, for officers who do not know the decision table by heart."""

from collections.abc import Mapping

from activation.decisions.reasons import Reason
from activation.decisions.types import NOT_HONOURED

PLAIN_WORDS: Mapping[Reason, str] = {
    Reason.POLICY_UNAVAILABLE: "No policy is in force.",
    Reason.PURPOSE_UNKNOWN: "The policy has no such purpose.",
    Reason.PURPOSE_INACTIVE: "The purpose is retired.",
    Reason.REQUIRED_PURPOSE_DENIED: "Another purpose that this one needs is denied.",
    Reason.DESTINATION_UNKNOWN: "Nobody registered this destination.",
    Reason.DESTINATION_SUSPENDED: "The destination is suspended.",
    Reason.DESTINATION_NOT_PERMITTED: "The policy does not let this destination pursue this purpose.",
    Reason.STATE_STALE: "What is known is older than was asked for.",
    Reason.STATE_UNAVAILABLE: "What is known could not be read.",
    Reason.SUBJECT_ERASED: "The person was erased.",
    Reason.SUBJECT_RESTRICTED: "The person had processing restricted.",
    Reason.IDENTITY_AMBIGUOUS: "The row leads to several people.",
    Reason.SUBJECT_UNKNOWN: "The row leads to nobody on record.",
    Reason.JURISDICTION_UNRESOLVED: "It is not known which law applies to the person.",
    Reason.NO_RULE: "The policy has no rule for this purpose where the person lives.",
    Reason.MINOR_WITHOUT_GUARDIAN: "The person is a child, and no guardian agreed.",
    Reason.MINOR_PROHIBITED: "The person is too young.",
    Reason.AGE_UNKNOWN: "The person's age is not known.",
    Reason.TRANSFER_NOT_PERMITTED: "Data may not go to the destination's country.",
    Reason.DATA_CATEGORY_NOT_PERMITTED: "The data is of a kind that may not be used for this.",
    Reason.CONDITION_NOT_MET: "A condition of the rule is not met.",
    Reason.OBJECTED: "The person objected.",
    Reason.OPTED_OUT: "The person opted out.",
    Reason.OPT_OUT_SIGNAL: "The person's browser sent an opt-out signal.",
    Reason.REFUSED: "The person refused.",
    Reason.WITHDRAWN: "The person withdrew their consent.",
    Reason.NO_RECORD: "Consent is needed, and nothing is on record about the person.",
    Reason.NO_CHOICE: "Consent is needed, and the person made no choice.",
    Reason.PENDING_CONFIRMATION: "The person has not confirmed yet.",
    Reason.EXPIRED: "The consent is too old.",
    Reason.NOTICE_OUTDATED: "The consent was given on a notice that is too old.",
    Reason.INVALIDATED: "The consent was not validly collected.",
    Reason.RECIPIENT_NOT_COVERED: "The notice that was shown does not name this destination.",
    Reason.GRANTED: "The person agreed.",
    Reason.NOT_OPTED_OUT: "The person was told, and did not opt out.",
    Reason.BASIS_NOT_CONSENT: "It rests on another legal basis than consent.",
    Reason.BASIS_CONDITION_UNMET: "What the legal basis asks for is not on record.",
}
_BESIDES: Mapping[str, str] = {
    NOT_HONOURED: "The policy asks for what cannot be done, such as a string to send along.",
}
"""What rows are denied for besides, that no decision says."""


def tell_reason(reason: str) -> str:
    """Return a run's reason in plain words; nothing for one that is not known."""
    return PLAIN_WORDS[Reason(reason)] if reason in set(Reason) else _BESIDES.get(reason, "")
