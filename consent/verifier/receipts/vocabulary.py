"""Our words in those of the Data Privacy Vocabulary 2.3 (<https://w3id.org/dpv>)."""

from collections.abc import Mapping

RECEIPT_PROFILE = "https://w3id.org/dpv/schema/dpv-27560#receipt"
"""The DPV's schema for consent receipts that conform with ISO/IEC TS 27560."""
CONTEXT: Mapping[str, str] = {
    "accordant": "urn:accordant:receipt:1#",
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
}
"""It stands in every receipt, so that nothing must be fetched to read one."""

_NO = "dpv:ConsentStatusInvalidForProcessing"
STATUSES: Mapping[str, str] = {
    "granted": "dpv:ConsentGiven",
    "confirmed": "dpv:ConsentGiven",
    "refused": "dpv:ConsentRefused",
    "withdrawn": "dpv:ConsentWithdrawn",
    # The vocabulary has no consent status for a no that is not about consent; this one is true of it.
    "objected": _NO,
    "opted_out": _NO,
    "limited": _NO,
    "opt_out_signal": _NO,
    "pending": "dpv:ConsentRequested",
    "shown": "dpv:ConsentRequested",
    "dismissed": "dpv:ConsentRequestDeferred",
    "invalidated": "dpv:ConsentInvalidated",
    "objection_overruled": "dpv:ConsentUnknown",  # it says nothing of consent
}
"""The consent status that each choice leaves the person's consent in."""

OFFICERS = frozenset({"invalidated", "objection_overruled"})
"""Choices that speak for the controller, not for the data subject."""
EXPRESSED = frozenset({"granted", "confirmed"})
"""Choices that express consent: by an act, or explicitly."""

BASES: Mapping[str, str] = {
    "consent": "dpv:Consent",
    "contract": "dpv:Contract",
    "legal_obligation": "dpv:LegalObligation",
    "legitimate_interest": "dpv:LegitimateInterest",
    "public_task": "dpv:PublicInterest",
    "vital_interest": "dpv:VitalInterest",
}
"""Legal bases that the vocabulary knows; the others stand in the receipt in our words only."""
