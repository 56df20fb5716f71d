"""What the text of a signal says, in words. Pure: it is decoded anew each time that it is read.

It is read leniently: what was recorded once is shown as far as it can be read, whatever is strict today.
"""

from collections.abc import Callable, Iterator, Mapping

from activation.desk.person.signals.purposes import list_asked, name_features, name_purposes
from activation.desk.person.signals.sections import tell_sale, tell_sections
from activation.desk.person.signals.types import Line, Part, Said
from consent.records.types import SignalKind
from consent.signals import gpp, tcf, us_privacy
from consent.signals.errors import MalformedSignal
from consent.signals.gpp.types import TC_STRING, GppString
from consent.signals.tcf.types import TCString

UNREADABLE = Said("", (Part("", (Line("open", "it cannot be read any more"),)),))


def tell(kind: SignalKind, text: str) -> Said:
    """Return what a signal of that text says."""
    try:
        return _TELLERS[kind](text)
    except MalformedSignal:
        return UNREADABLE


def _tell_tcf(text: str) -> Said:
    found, faults = tcf.decode_leniently(text)
    if found is None:
        return UNREADABLE
    return Said(_name_maker(found), (Part("", (*_list_consents(found), *_list_faults(len(faults)))),))


def _tell_gpp(text: str) -> Said:
    found, faults = gpp.decode_leniently(text)
    inner = [one for one in found.sections.values() if isinstance(one.fields.get(TC_STRING), TCString)]
    strings = [one.fields[TC_STRING] for one in inner]
    maker = next((_name_maker(one) for one in strings if isinstance(one, TCString)), "")
    parts = (*_list_european(found), *tell_sections(found))
    rest = tuple(_list_faults(len(faults)))
    return Said(maker, (*parts, Part("", rest)) if rest else parts)


def _list_european(found: GppString) -> Iterator[Part]:
    for one in found.sections.values():
        string = one.fields.get(TC_STRING)
        if isinstance(string, TCString):
            yield Part(f"Europe (section {one.id}, a TC string)", tuple(_list_consents(string)))


def _tell_usp(text: str) -> Said:
    found, faults = us_privacy.decode_leniently(text)
    return Said("", (Part("", (tell_sale(found.opt_out_sale), *_list_faults(len(faults)))),))


def _tell_gpc(_text: str) -> Said:
    return Said("", (Part("", (Line("no", "asks not to sell or share their data"),)),))


def _name_maker(found: TCString) -> str:
    return f"CMP {found.cmp_id}, version {found.cmp_version}"


def _list_consents(found: TCString) -> Iterator[Line]:
    asked = {*list_asked(found.policy_version), *found.purposes_consent}
    if found.purpose_one_treatment:
        asked.discard(1)
        yield Line("open", "was not asked about purpose 1")
    refused = [one for one in asked if one not in found.purposes_consent]
    if len(asked) > len(refused):
        yield Line("yes", f"consents to {name_purposes(set(asked) - set(refused))}")
    if refused:
        yield Line("no", f"does not consent to {name_purposes(refused)}")
    if features := set(found.special_feature_opt_ins):
        yield Line("yes", f"allows to {name_features(features)}")
    if interests := set(found.purposes_legitimate_interest):
        yield Line("open", f"does not object to an interest of others in {name_purposes(interests)}")
    yield Line("open", f"consents to {len(found.vendor_consents):,} vendors of the list")


def _list_faults(count: int) -> Iterator[Line]:
    if count:
        yield Line("open", f"{count} of its parts cannot be read, and may say more")


_TELLERS: Mapping[SignalKind, Callable[[str], Said]] = {
    SignalKind.TCF: _tell_tcf,
    SignalKind.GPP: _tell_gpp,
    SignalKind.GPC: _tell_gpc,
    SignalKind.USP: _tell_usp,
}
