"""What the sections of a GPP string say, in words: those of Canada and the United States. Pure."""

from collections.abc import Iterable, Iterator

from activation.desk.person.signals.purposes import PURPOSES, name_purposes
from activation.desk.person.signals.types import Line, Part
from consent.signals.gpp.declarations import DECLARATIONS
from consent.signals.gpp.types import GppString, Section
from consent.signals.mapping.sensitive import find_opted_out

_OUT, _IN = 1, 2
_US_PRIVACY, _CANADA = 6, 5
_OPT_OUTS = {
    "SaleOptOut": "the sale of their data",
    "SharingOptOut": "the sharing of their data for advertising",
    "TargetedAdvertisingOptOut": "targeted advertising",
}
_SENSITIVE, _CHILD = "SensitiveDataProcessing", "KnownChildSensitiveDataConsents"


def tell_sections(found: GppString) -> Iterator[Part]:
    """Yield what each section says, in the order of their numbers; the European one is a TC string."""
    for one in found.sections.values():
        if one.id == _CANADA:
            yield Part(_title(one), tuple(_tell_canada(one)))
        elif one.id == _US_PRIVACY:
            yield Part(f"US Privacy (section {one.id})", (tell_sale(one.fields.get("OptOutSale")),))
        elif one.id in DECLARATIONS:
            yield Part(_title(one), tuple(_tell_us(one)) or (Line("open", "says neither yes nor no"),))


def _title(section: Section) -> str:
    return f"{DECLARATIONS[section.id].title} (section {section.id})"


def _tell_us(section: Section) -> Iterator[Line]:
    """Yield the opt-outs, then what was not opted out of, which grants nothing."""
    said = {name: section.fields.get(name) for name in _OPT_OUTS}
    for name, words in _OPT_OUTS.items():
        if said[name] == _OUT:
            yield Line("no", f"opted out of {words}")
    limited = find_opted_out(section.prefix, section.fields.get(_SENSITIVE), no=_OUT)
    if limited:
        kinds = ", ".join(sorted(one.replace("_", " ") for one in limited))
        yield Line("no", f"opted out of the use of sensitive data: {kinds}")
    if _OUT in _as_list(section.fields.get(_CHILD)):
        yield Line("no", "is known to be a child, without a consent")
    if section.fields.get("Gpc") is True:
        yield Line("no", "the browser sent the Global Privacy Control")
    stay = [words for name, words in _OPT_OUTS.items() if said[name] == _IN]
    if stay:
        yield Line("open", f"did not opt out of {', '.join(stay)}, which grants nothing")


def tell_sale(answer: object) -> Line:
    """Return what a US Privacy string says by the letter that is about sales."""
    if answer == "Y":
        return Line("no", f"opted out of {_OPT_OUTS['SaleOptOut']}")
    if answer == "N":
        return Line("open", f"did not opt out of {_OPT_OUTS['SaleOptOut']}, which grants nothing")
    return Line("open", "says that opting out of sales does not apply, which grants nothing")


def _tell_canada(section: Section) -> Iterator[Line]:
    express = set(_as_list(section.fields.get("PurposesExpressConsent")))
    implied = set(_as_list(section.fields.get("PurposesImpliedConsent"))) - express
    if express:
        yield Line("yes", f"consents expressly to {name_purposes(express)}")
    if implied:
        yield Line("open", f"consent is implied to {name_purposes(implied)}, which grants nothing")
    if none := set(PURPOSES) - {max(PURPOSES)} - express - implied:
        yield Line("no", f"does not consent to {name_purposes(none)}")


def _as_list(value: object) -> list[int]:
    if isinstance(value, int):
        return [value]
    return list(value) if isinstance(value, Iterable) else []
