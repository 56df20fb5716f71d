"""What a TC string says for each purpose.

IAB Europe's "Transparency and Consent String with Global Vendor & CMP List Formats", section "The core
string": a bit that is not set is a purpose without consent, or one that was objected to.
"""

from collections.abc import Iterator
from datetime import datetime

from consent.signals.intervals import IdSet
from consent.signals.mapping.frameworks import NO_YES, Bits, Heard, collect, find_framework
from consent.signals.mapping.types import FrameworkTerms, Mapping, Word
from consent.signals.tcf.rules import check_rules
from consent.signals.tcf.types import RestrictionType, TCString

STORAGE = 1
"""The purpose that PurposeOneTreatment is about: where it is set, nobody was asked for it."""


def hear_tc_string(mapping: Mapping, string: TCString, source: str, *, at: datetime) -> Heard:
    """Return what a string says: a yes if all that a row asks for is granted, a no if any of it is refused.

    A string that its own rules make invalid says no yes; its noes count.
    """
    vendor = find_framework(mapping, source).vendor
    terms = ((slug, row.tcf) for slug, row in mapping.purposes.items() if row.tcf is not None)
    verdicts = ((slug, *_weigh(string, one, vendor)) for slug, one in terms)
    return collect(verdicts, source, last_updated=string.last_updated, at=at)


def _weigh(string: TCString, terms: FrameworkTerms, vendor: int | None) -> tuple[Word | None, str]:
    """Return what the string says for one purpose, or None, and why."""
    by_consent = terms.basis == "consent"
    bits = _bits(string) if by_consent else _interest_bits(string)
    refused = bits.refused(terms)
    if vendor is not None and vendor not in _vendors(string, by_consent=by_consent):
        refused.append(f"vendor {vendor}")
    if refused and not by_consent:
        return Word.OBJECTED, f"an objection, or nothing told, to {', '.join(refused)}"
    if refused:
        return Word.REFUSED, f"no consent to {', '.join(refused)}"
    if not by_consent:
        return None, ""
    bar = next(_bars(string, terms, bits, vendor), None)
    return (None, bar) if bar else (Word.GRANTED, "consent to all that the mapping names")


def _bits(string: TCString) -> Bits:
    unspoken = frozenset({STORAGE} if string.purpose_one_treatment else ())
    return Bits(string.purposes_consent, string.special_feature_opt_ins, unspoken)


def _interest_bits(string: TCString) -> Bits:
    return Bits(string.purposes_legitimate_interest, string.special_feature_opt_ins)


def _vendors(string: TCString, *, by_consent: bool) -> IdSet:
    return string.vendor_consents if by_consent else string.vendor_legitimate_interests


def _bars(string: TCString, terms: FrameworkTerms, bits: Bits, vendor: int | None) -> Iterator[str]:
    """Yield what keeps consent to all that the terms name from being a yes."""
    yield from (f"the string is invalid: {one.detail}" for one in check_rules(string) if one.invalid)
    if not terms.grants:
        yield NO_YES
    yield from (f"purpose {one} was not asked for (PurposeOneTreatment)" for one in bits.unasked(terms))
    if vendor is not None:
        yield from _vendor_bars(string, terms, vendor)


def _vendor_bars(string: TCString, terms: FrameworkTerms, vendor: int) -> Iterator[str]:
    if string.disclosed_vendors is not None and vendor not in string.disclosed_vendors:
        yield f"vendor {vendor} was not disclosed"
    for one in string.publisher_restrictions:
        is_meant = one.purpose in terms.purposes and vendor in one.vendors
        if is_meant and one.type is not RestrictionType.REQUIRE_CONSENT:
            yield f"the publisher restricts purpose {one.purpose} for vendor {vendor}"
