"""What a TC string says for each purpose.

IAB Europe's "Transparency and Consent String with Global Vendor & CMP List Formats", section "The core
string": a bit that is not set is a purpose without consent, or one that was objected to.
"""

from collections.abc import Iterator
from datetime import datetime

from consent.signals.mapping.frameworks import Bits, Heard, find_framework
from consent.signals.mapping.types import FrameworkTerms, Mapping, Outcome, Unread, Word
from consent.signals.tcf.types import RestrictionType, TCString

STORAGE = 1
"""The purpose that PurposeOneTreatment is about: where it is set, nobody was asked for it."""
FIRST_WITH_DISCLOSED_VENDORS = datetime.fromisoformat("2026-03-01T00:00:00+00:00")
"""From TCF 2.3 on: a string made after 28 February 2026 names the vendors that were disclosed."""


def hear_tc_string(mapping: Mapping, string: TCString, source: str, *, at: datetime) -> Heard:
    """Return what a string says: a yes if all that a row asks for is granted, a no if any of it is refused.

    A string that its own rules make invalid says no yes; its noes count.
    """
    vendor = find_framework(mapping, source).vendor
    invalid = _find_invalidity(string)
    said: list[Outcome] = []
    unread: list[Unread] = []
    for slug, row in mapping.purposes.items():
        if row.tcf is None:
            continue
        word, because = _weigh(string, row.tcf, vendor)
        if word is Word.GRANTED and invalid:
            word, because = None, invalid
        if word is None:
            unread += [Unread(source=source, reason=because)] if because else []
            continue
        at_most = min(string.last_updated, at)
        said.append(Outcome(purpose=slug, choice=word, source=source, effective_at=at_most, because=because))
    return Heard(tuple(said), tuple(dict.fromkeys(unread)))


def _find_invalidity(string: TCString) -> str:
    if string.disclosed_vendors is None and string.created >= FIRST_WITH_DISCLOSED_VENDORS:
        return "a string made after 28 February 2026 has to name the disclosed vendors (TCF 2.3)"
    return ""


def _weigh(string: TCString, terms: FrameworkTerms, vendor: int | None) -> tuple[Word | None, str]:
    """Return what the string says for one purpose, or None, and why."""
    by_consent = terms.basis == "consent"
    bits = _bits(string) if by_consent else _interest_bits(string)
    refused = bits.refused(terms)
    if vendor is not None and vendor not in _vendors(string, by_consent=by_consent):
        refused.append(f"vendor {vendor}")
    if refused:
        lacking = ", ".join(refused)
        if by_consent:
            return Word.REFUSED, f"no consent to {lacking}"
        return Word.OBJECTED, f"an objection, or nothing told, to {lacking}"
    if not by_consent:
        return None, ""
    if unasked := bits.unasked(terms):
        return None, f"purpose {unasked[0]} was not asked for (PurposeOneTreatment)"
    for reason in _vendor_bars(string, terms, vendor):
        return None, reason
    granted = [f"purpose {one}" for one in terms.purposes]
    granted += [f"special feature {one}" for one in terms.special_features]
    return Word.GRANTED, f"consent to {', '.join(granted)}"


def _bits(string: TCString) -> Bits:
    unspoken = frozenset({STORAGE} if string.purpose_one_treatment else ())
    return Bits(string.purposes_consent, string.special_feature_opt_ins, unspoken)


def _interest_bits(string: TCString) -> Bits:
    return Bits(string.purposes_legitimate_interest, string.special_feature_opt_ins)


def _vendors(string: TCString, *, by_consent: bool) -> object:
    return string.vendor_consents if by_consent else string.vendor_legitimate_interests


def _vendor_bars(string: TCString, terms: FrameworkTerms, vendor: int | None) -> Iterator[str]:
    """Yield what keeps the organisation, as a vendor, from relying on a consent that was given."""
    if vendor is None:
        return
    if string.disclosed_vendors is not None and vendor not in string.disclosed_vendors:
        yield f"vendor {vendor} was not disclosed"
    for one in string.publisher_restrictions:
        if one.purpose in terms.purposes and vendor in one.vendors:
            if one.type is not RestrictionType.REQUIRE_CONSENT:
                yield f"the publisher restricts purpose {one.purpose} for vendor {vendor}"
