"""What the Canadian section of a GPP string (5, `tcfca`) says for each purpose.

IAB Canada's "GPP Extension: IAB Canada TCF": consent is express or implied. Only an express one is a yes
here; an implied one is neither yes nor no; neither of them is a no.
"""

from collections.abc import Mapping as Names
from datetime import datetime

from consent.signals.gpp.types import Section
from consent.signals.intervals import IdSet
from consent.signals.mapping.frameworks import NO_YES, Bits, Heard, collect, find_framework
from consent.signals.mapping.types import FrameworkTerms, Mapping, Word

_NOBODY = IdSet()


def hear_canada(mapping: Mapping, section: Section, *, at: datetime) -> Heard:
    """Return what the section says, as `hear_tc_string` does of a TC string."""
    source = f"gpp:{section.id}"
    vendor = find_framework(mapping, source).vendor
    told = section.fields.get("LastUpdated")
    terms = ((slug, row.tcf_canada) for slug, row in mapping.purposes.items() if row.tcf_canada is not None)
    verdicts = ((slug, *_weigh(section.fields, one, vendor)) for slug, one in terms)
    return collect(verdicts, source, last_updated=told if isinstance(told, datetime) else at, at=at)


def _weigh(fields: Names[str, object], terms: FrameworkTerms, vendor: int | None) -> tuple[Word | None, str]:
    express = _missing(fields, terms, vendor, "Express")
    if not express and not terms.grants:
        return None, NO_YES
    if not express:
        return Word.GRANTED, "express consent to all that the mapping names"
    implied = [one for one in express if one in _missing(fields, terms, vendor, "Implied")]
    if implied:
        return Word.REFUSED, f"no consent to {', '.join(implied)}"
    return None, f"consent to {', '.join(express)} is implied only, which is no yes"


def _missing(fields: Names[str, object], terms: FrameworkTerms, vendor: int | None, kind: str) -> list[str]:
    """Return what of the terms has no consent of one kind. Special features have only the express one."""
    purposes = _ids(fields, f"Purposes{kind}Consent")
    missing = Bits(purposes, _ids(fields, "SpecialFeatureExpressConsent")).refused(terms)
    if vendor is not None and vendor not in _ids(fields, f"Vendor{kind}Consent"):
        missing.append(f"vendor {vendor}")
    return missing


def _ids(fields: Names[str, object], name: str) -> IdSet:
    """Return a field's set of numbers; a field that is not there grants nothing."""
    value = fields.get(name)
    return value if isinstance(value, IdSet) else _NOBODY
