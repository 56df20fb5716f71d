"""What each thing that was received says for each purpose, before anything on record is looked at."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from consent.signals.gpp.types import TC_STRING
from consent.signals.mapping.canada import hear_canada
from consent.signals.mapping.frameworks import Heard, find_deafness
from consent.signals.mapping.opt_outs import (
    hear_app_tracking,
    hear_gpc,
    hear_section,
    hear_unread_section,
    hear_us_privacy,
)
from consent.signals.mapping.tc_strings import hear_tc_string
from consent.signals.mapping.types import (
    TCF,
    TCF_CANADA_SECTION,
    TCF_EU_SECTION,
    Mapping,
    Outcome,
    Received,
    Unread,
    Where,
)
from consent.signals.tcf.types import TCString

USP_SECTION = 6
US_SECTIONS = range(7, 28)


@dataclass(frozen=True, slots=True)
class Hearing:
    """All that was said."""

    noes: tuple[Outcome, ...]
    """Each once: the same no of one framework counts as one, though two of its strings say it."""
    yeses: tuple[Outcome, ...]
    """Those that the law of the person's places takes for a yes."""
    unread: tuple[Unread, ...]


def hear(mapping: Mapping, received: Received, where: Where, *, at: datetime) -> Hearing:
    """Return what was said, in the order of precedence: GPC first, framework strings last."""
    heard = [*_signals(mapping, received, at), *_sections(mapping, received, at)]
    if received.tcf is not None:
        heard.append(hear_tc_string(mapping, received.tcf, TCF, at=at))
    said = [outcome for one in heard for outcome in one.said]
    unread = [one for part in heard for one in part.unread]
    unread += [
        Unread(source="mapping", reason=f"{one} is no purpose of the policy") for one in mapping.skipped
    ]
    yeses, deaf = _by_law(mapping, where, [one for one in said if one.is_yes])
    noes = [one for one in said if not one.is_yes]
    return Hearing(_each_once(noes), _each_once(yeses), tuple(dict.fromkeys([*unread, *deaf])))


def _signals(mapping: Mapping, received: Received, at: datetime) -> list[Heard]:
    sections = received.gpp.sections.values() if received.gpp else ()
    gpc = received.gpc is True or any(one.fields.get("Gpc") is True for one in sections)
    heard = [hear_gpc(at=at)] if gpc else []
    if received.usp is not None:
        heard.append(hear_us_privacy(mapping, received.usp.opt_out_sale, at=at))
    if received.att is not None:
        heard.append(hear_app_tracking(mapping, received.att, at=at))
    return heard


def _sections(mapping: Mapping, received: Received, at: datetime) -> list[Heard]:
    heard = [hear_unread_section(mapping, number, at=at) for number in received.gpp_unread]
    for number, section in received.gpp.sections.items() if received.gpp else ():
        source = f"gpp:{number}"
        if number == TCF_EU_SECTION and isinstance(string := section.fields.get(TC_STRING), TCString):
            heard.append(hear_tc_string(mapping, string, source, at=at))
        elif number == TCF_CANADA_SECTION:
            heard.append(hear_canada(mapping, section, at=at))
        elif number == USP_SECTION:
            sale = section.fields.get("OptOutSale")
            heard.append(hear_us_privacy(mapping, sale, at=at, source=source))
        elif number in US_SECTIONS:
            heard.append(hear_section(mapping, section, at=at))
        else:
            heard.append(hear_unread_section(mapping, number, at=at))
    return heard


def _by_law(mapping: Mapping, where: Where, yeses: Iterable[Outcome]) -> tuple[list[Outcome], list[Unread]]:
    """Return the yeses that the law there hears, and why it does not hear the others."""
    heard: list[Outcome] = []
    deaf: list[Unread] = []
    for one in yeses:
        reason = find_deafness(mapping, one.source, where)
        if reason:
            deaf.append(Unread(source=one.source, reason=reason))
        else:
            heard.append(one)
    return heard, deaf


def _each_once(said: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """Return the first of those that are one: same purpose, choice and framework; of yeses the latest."""
    found: dict[tuple[str, str, str], Outcome] = {}
    for one in said:
        key = (one.purpose, one.choice, one.family)
        if key not in found or one.effective_at > found[key].effective_at:
            found[key] = one
    return tuple(found.values())
