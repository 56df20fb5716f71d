"""What signals say that can only say no: GPC, US Privacy, the US sections of GPP, Apple's status.

That a person did not opt out, or that a field does not apply, says nothing: neither does it grant, nor lift.
A section counts for people anywhere: that it is another state's is no reason to pass over a no.
"""

from collections.abc import Iterator
from datetime import datetime

from consent.signals.app_tracking import NAMES, AppTracking
from consent.signals.gpp.types import Section
from consent.signals.mapping.frameworks import Heard
from consent.signals.mapping.sensitive import find_opted_out
from consent.signals.mapping.types import (
    ANY_PURPOSE,
    ATT,
    GPC,
    TCF_CANADA_SECTION,
    TCF_EU_SECTION,
    USP,
    Mapping,
    OptOut,
    Outcome,
    Row,
    Unread,
    Word,
)

NO = 1
"""In each two-bit field of a US section: opted out, or no consent (0: not applicable; 2: the contrary)."""
_FIELDS = {
    "SaleOptOut": frozenset({OptOut.SALE}),
    "SharingOptOut": frozenset({OptOut.SHARING, OptOut.TARGETED_ADVERTISING}),
    "TargetedAdvertisingOptOut": frozenset({OptOut.SHARING, OptOut.TARGETED_ADVERTISING}),
}
"""Sharing is California's word for advertising across contexts (Cal. Civ. Code 1798.140(ah)), which other
states call targeted advertising. So either reaches purposes marked with the other."""
_CHILD = "KnownChildSensitiveDataConsents"
_SENSITIVE = "SensitiveDataProcessing"


def hear_gpc(*, at: datetime) -> Heard:
    """Return the signal: one no for all purposes; it speaks to those marked for opt-outs, later ones too."""
    because = "the Global Privacy Control was sent"
    return Heard(
        (Outcome(purpose=ANY_PURPOSE, choice=Word.SIGNAL, source=GPC, effective_at=at, because=because),)
    )


def hear_us_privacy(mapping: Mapping, opt_out_sale: object, *, at: datetime, source: str = USP) -> Heard:
    """Return an opt-out of all kinds if the third character of the string is Y.

    IAB's "US Privacy String", version 1: the one opt-out that it has is the only way to say no there is.
    """
    if opt_out_sale != "Y":
        return Heard()
    rows = [slug for slug, row in mapping.purposes.items() if row.opt_out]
    return Heard(tuple(_no(slug, Word.OPTED_OUT, source, "OptOutSale is Y", at) for slug in rows))


def hear_app_tracking(mapping: Mapping, status: AppTracking, *, at: datetime) -> Heard:
    """Return an opt-out of the purposes that the mapping names, if somebody decided against tracking."""
    if not status.is_no:
        return Heard()
    because = f"the status of app tracking is {NAMES[status]}"
    rows = [slug for slug, row in mapping.purposes.items() if row.app_tracking]
    return Heard(tuple(_no(slug, Word.OPTED_OUT, ATT, because, at) for slug in rows))


def hear_unread_section(mapping: Mapping, number: int, *, at: datetime) -> Heard:
    """Return an opt-out of all that the section could have said no to: it may say just that."""
    source = f"gpp:{number}"
    reason = "this section cannot be read; it counts as an opt-out, since unknown means no"
    rows = [slug for slug, row in mapping.purposes.items() if _may_speak_to(row, number)]
    said = [_no(slug, Word.OPTED_OUT, source, "a section that cannot be read", at) for slug in rows]
    return Heard(tuple(said), (Unread(source=source, reason=reason),))


def _may_speak_to(row: Row, number: int) -> bool:
    """Return whether a no of the section could be about the row: a framework's, about all that it grants."""
    terms = {TCF_EU_SECTION: row.tcf, TCF_CANADA_SECTION: row.tcf_canada}.get(number)
    return bool(row.opt_out or row.sensitive or terms)


def hear_section(mapping: Mapping, section: Section, *, at: datetime) -> Heard:
    """Return what a US section opts out of."""
    source = f"gpp:{section.id}"
    said: list[Outcome] = []
    for slug, row in mapping.purposes.items():
        if because := next(_opt_outs(section, row), ""):
            said.append(_no(slug, Word.OPTED_OUT, source, because, at))
        elif because := _limits(section, row):
            said.append(_no(slug, Word.LIMITED, source, because, at))
    return Heard(tuple(said))


def _opt_outs(section: Section, row: Row) -> Iterator[str]:
    for name, kinds in _FIELDS.items():
        if section.fields.get(name) == NO and kinds & row.opt_out:
            yield f"{name} is {NO}"
    if row.opt_out and _has_no(section.fields.get(_CHILD)):
        yield f"{_CHILD} holds {NO}"


def _limits(section: Section, row: Row) -> str:
    limited = find_opted_out(section.prefix, section.fields.get(_SENSITIVE), no=NO) & row.sensitive
    return f"{_SENSITIVE} is {NO} for {', '.join(sorted(limited))}" if limited else ""


def _has_no(value: object) -> bool:
    return NO in value if isinstance(value, tuple | list) else value == NO


def _no(purpose: str, choice: Word, source: str, because: str, at: datetime) -> Outcome:
    return Outcome(purpose=purpose, choice=choice, source=source, effective_at=at, because=because)
