"""What officers read instead of codes. Pure."""

from collections.abc import Mapping
from datetime import datetime

from activation.desk.person.types import Outcome
from consent.records.types import Choice, SignalKind
from consent.subjects.types import FactName, HoldReason, Identifier

CHOICE_WORDS: Mapping[Choice, str] = {
    Choice.GRANTED: "said yes",
    Choice.CONFIRMED: "said yes, and confirmed it",
    Choice.REFUSED: "refused",
    Choice.WITHDRAWN: "withdrew consent",
    Choice.OBJECTED: "objected",
    Choice.OPTED_OUT: "opted out",
    Choice.LIMITED: "limited the use of sensitive data",
    Choice.SIGNAL: "sent an opt-out signal, such as the Global Privacy Control",
    Choice.PENDING: "was asked to confirm a yes, and has not",
    Choice.SHOWN: "was shown the question, and did not answer",
    Choice.DISMISSED: "closed the question without an answer",
    Choice.INVALIDATED: "an officer found that the yes was not validly collected",
    Choice.OVERRULED: "an officer overruled the objection, with a ground",
}
SIGNAL_WORDS: Mapping[SignalKind | None, str] = {
    None: "",
    SignalKind.TCF: ", by a TCF string",
    SignalKind.GPP: ", by a GPP string",
    SignalKind.GPC: "",  # which is what the choice itself is called
    SignalKind.USP: ", by a US Privacy string",
}
"""How a choice came that was read from a signal."""
REPEATED = ", said once more as of a string's yes, which it was told behind"
"""How a no is told of that was recorded again because it came late."""
CAME_IN: Mapping[SignalKind, str] = {
    SignalKind.TCF: "a TCF string came in",
    SignalKind.GPP: "a GPP string came in",
    SignalKind.GPC: "the Global Privacy Control came in",
    SignalKind.USP: "a US Privacy string came in",
}
FACT_WORDS: Mapping[FactName, str] = {
    FactName.RESIDENCE: "Lives in",
    FactName.LOCATION: "Is in",
    FactName.BORN_ON: "Born on",
    FactName.CONTRACT_ACTIVE: "Has an active contract",
    FactName.SOFT_OPT_IN: "Soft opt-in is on record",
    FactName.VITAL_INTEREST: "A vital interest is on record",
    FactName.RESTRICTED: "Processing is restricted (GDPR Art. 18)",
    FactName.SHARED_DEVICE: "Is a device that several people use",
}
HOLD_WORDS: Mapping[HoldReason, str] = {
    HoldReason.VERIFIED_DIFFER: "each has a verified identifier of one kind, and not the same",
    HoldReason.UNDONE_BEFORE: "an officer undid this link before",
}
OUTCOME_WORDS: Mapping[Outcome, str] = {
    Outcome.FOUND: "somebody was found",
    Outcome.NOBODY: "nobody was found",
    Outcome.SEVERAL: "several people who are not linked were found",
    Outcome.ERASED: "somebody who was erased was found",
}
_SHOWN_OF = 4
"""Last characters that are shown of an identifier at least three times as long; of a shorter one, fewer."""


def mask(identifier: Identifier) -> str:
    """Return the last characters of an identifier: enough to tell two apart, too few to use."""
    value = identifier.value
    return f"…{value[len(value) - min(_SHOWN_OF, len(value) // 3) :]}"


def name_kind(kind: str) -> str:
    """Return what a kind of identifier is called."""
    return kind.replace("_", " ").replace("email", "e-mail").replace("sha256", "(SHA-256)")


def shorten(ref: str) -> str:
    """Return the end of a reference, as officers tell several apart."""
    return f"…{ref[-6:]}"


def tell_moment(at: datetime | None) -> str:
    """Return a moment as it stands in tables."""
    return f"{at:%Y-%m-%d %H:%M}" if at else ""
