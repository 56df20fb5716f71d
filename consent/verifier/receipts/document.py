"""The document of a receipt: JSON-LD, made of an event and its proof alone, so that it can be made again.

What the event says stands in it twice: in the words of the DPV, and as the ledger's own bytes, which the
proof is about. A verifier makes the document anew from those bytes and compares every byte.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.verifier.envelopes import Envelope, has_types, read_envelope
from consent.verifier.receipts.terms import PolicyTerms, read_terms, write_terms
from consent.verifier.receipts.vocabulary import (
    BASES,
    CONTEXT,
    EXPRESSED,
    OFFICERS,
    RECEIPT_PROFILE,
    STATUSES,
)

_TEXT = (str, type(None))
_BODY: Mapping[str, tuple[type, ...]] = {
    "purpose": (str,),
    "choice": (str,),
    "controller": _TEXT,
    "destination": _TEXT,
    "notice": _TEXT,
    "notice_version": (int, type(None)),
    "method": _TEXT,
    "form": _TEXT,
    "effective_at": (str,),
    "expires_at": _TEXT,
    "explicit": (bool,),
    "by_guardian": (bool,),
    "after_conflict_notice": (bool,),
    "back_dated": (bool,),
    "refers_to": _TEXT,
    "source": (str,),
}


class MalformedReceipt(AccordantError):
    """The bytes are not a receipt as this version writes it."""

    code = "malformed_receipt"


class NotAChoice(AccordantError):
    """The event tells of no choice, so there is no receipt for it."""

    code = "not_a_choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a receipt is made of."""

    envelope: bytes
    """The event as the ledger keeps it, byte for byte."""
    proof: bytes
    """A `.tlog-proof` file for that event."""
    terms: PolicyTerms
    origin: str
    """The log that the proof is of."""
    issued_at: str
    """RFC 3339."""


def read_choice(content: bytes) -> Envelope:
    """Return the event in `content`, which tells of a choice.

    :raises MalformedEnvelope: if it is no event. :raises NotAChoice: if it tells of something else.
    """
    envelope = read_envelope(content)
    if envelope.stream != "consent" or envelope.kind != "choice_recorded" or envelope.subject_ref is None:
        raise NotAChoice("receipts are for choices of a data subject; this event tells of something else")
    if not has_types(envelope.body, _BODY) or envelope.body["choice"] not in STATUSES:
        raise NotAChoice("the event tells of a choice in a form that this version does not know")
    return envelope


def write_document(receipt: Receipt) -> bytes:
    """Return the receipt's document as canonical JSON (RFC 8785).

    :raises MalformedEnvelope, NotAChoice: if there is no receipt for such an event.
    """
    envelope = read_choice(receipt.envelope)
    return canonical.dumps(
        {
            "@context": CONTEXT,
            "@id": f"urn:accordant:receipt:{envelope.event_id}",
            "@type": "dpv:ConsentReceipt",
            "dct:conformsTo": {"@id": RECEIPT_PROFILE},
            "dct:created": receipt.issued_at,
            "dct:publisher": receipt.origin,
            "dpv:hasIdentifier": envelope.event_id,
            "dpv:hasRecordOfActivity": _record(envelope, receipt.terms),
            "accordant:envelope": _encode(receipt.envelope),
            "accordant:proof": _encode(receipt.proof),
            "accordant:terms": {"@type": "@json", "@value": write_terms(receipt.terms)},
        }
    )


def read_document(content: bytes) -> Receipt:
    """Return what the document in `content` was made of; the proof in it is not verified.

    :raises MalformedReceipt: if making the document anew gives anything else than `content`.
    """
    try:
        receipt = _parse(canonical.loads(content))
        is_same = write_document(receipt) == content
    except (AccordantError, ValueError, KeyError, TypeError) as error:
        raise MalformedReceipt("it is not a receipt as this version writes one") from error
    if not is_same:
        raise MalformedReceipt("it says something else than the event that it holds")
    return receipt


def _parse(document: Any) -> Receipt:
    terms = read_terms(document["accordant:terms"]["@value"])
    issued_at = document["dct:created"]
    if terms is None or datetime.fromisoformat(issued_at).tzinfo is None:
        raise MalformedReceipt("its policy or its time is not written as one is")
    return Receipt(
        envelope=_decode(document["accordant:envelope"]),
        proof=_decode(document["accordant:proof"]),
        terms=terms,
        origin=str(document["dct:publisher"]),
        issued_at=issued_at,
    )


def _record(envelope: Envelope, terms: PolicyTerms) -> dict[str, Any]:
    body = envelope.body
    return _said(
        {
            "@id": f"urn:accordant:event:{envelope.event_id}",
            "@type": "dpv:ConsentRecord",
            "dct:identifier": envelope.event_id,
            "dct:created": envelope.recorded_at,
            "dpv:hasDataSubject": {"@type": "dpv:DataSubject", "dct:identifier": envelope.subject_ref},
            "dpv:hasDataController": _named("dpv:DataController", body["controller"], terms.controller_title),
            "dpv:hasPurpose": _purpose(body["purpose"], terms),
            "dpv:hasPersonalData": list(terms.personal_data) or None,
            "dpv:hasLegalBasis": [{"@id": BASES[one]} for one in terms.legal_bases if one in BASES] or None,
            "dpv:hasNotice": _notice(body, terms),
            "dpv:hasRecipient": _named("dpv:Recipient", body["destination"], None),
            "dpv:hasConsentStatus": _status(body),
            "accordant:event": {"@type": "@json", "@value": canonical.loads(envelope.content)},
        }
    )


def _purpose(slug: str, terms: PolicyTerms) -> dict[str, Any]:
    types = ["dpv:Purpose", *([terms.purpose_term] if terms.purpose_term else [])]
    return _said({"@type": types, "dct:identifier": slug, "dct:title": terms.purpose_title})


def _notice(body: Mapping[str, Any], terms: PolicyTerms) -> dict[str, Any] | None:
    notice = _named("dpv:PrivacyNotice", body["notice"], terms.notice_title)
    if notice is None:
        return None
    recipients = [{"@type": "dpv:ThirdParty", "dct:identifier": slug} for slug in terms.recipients]
    return _said(
        {
            **notice,
            "dct:hasVersion": body["notice_version"],
            "dct:language": sorted(terms.notice_texts) or None,
            "dpv:hasRecipient": recipients or None,
        }
    )


def _status(body: Mapping[str, Any]) -> dict[str, Any]:
    types = [STATUSES[body["choice"]]]
    if body["choice"] in EXPRESSED:
        types.append("dpv:ExplicitlyExpressedConsent" if body["explicit"] else "dpv:ExpressedConsent")
    end = body["expires_at"]
    return _said(
        {
            "@type": types,
            "accordant:choice": body["choice"],
            "dpv:isIndicatedAtTime": body["effective_at"],
            "dpv:isIndicatedBy": {"@id": _speaker(body)},
            "dpv:hasIndicationMethod": body["method"],
            "dpv:hasDuration": _said({"@type": _duration(end), "dct:valid": end}),
        }
    )


def _speaker(body: Mapping[str, Any]) -> str:
    if body["choice"] in OFFICERS:
        return "dpv:DataController"
    return "dpv:GuardianOfDataSubject" if body["by_guardian"] else "dpv:DataSubject"


def _duration(end: str | None) -> str:
    return "dpv:IndeterminateDuration" if end is None else "dpv:UntilTimeDuration"


def _named(kind: str, slug: str | None, title: str | None) -> dict[str, Any] | None:
    return None if slug is None else _said({"@type": kind, "dct:identifier": slug, "dct:title": title})


def _said(members: dict[str, Any]) -> dict[str, Any]:
    """Return `members` without those about which nothing was said."""
    return {name: value for name, value in members.items() if value is not None}


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
