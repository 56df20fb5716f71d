"""GPP strings made from a chance: every section, every version, values of every kind."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from consent.signals.gpp import GppString, Restriction, Section, european
from consent.signals.gpp.declarations import DECLARATIONS, US_PRIVACY_SECTION
from consent.signals.gpp.declared import VERSION, SubSection
from consent.signals.gpp.kinds import Flags, Letters, Time, Truth, TwoBitList, Whole
from consent.signals.gpp.types import TC_STRING
from consent.signals.gpp.vendors import Restrictions, Vendors
from consent.signals.intervals import IdSet
from tests.tcf_strings import make_string

EU_SECTION = european.ID
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DECLARED = tuple((id_, version) for id_, one in DECLARATIONS.items() for version in one.versions)
"""Every declared section in every version."""
EVERY = (*DECLARED, (EU_SECTION, 2), (US_PRIVACY_SECTION, 1))
"""And the two that have codecs of their own."""


def seeded(seed: int) -> Random:
    """Return a chance that is the same each time."""
    return Random(seed)  # noqa: S311


def make_gpp(seed: int, most: int = 6) -> GppString:
    """Return a string of some sections, at most `most`, the same for the same seed."""
    chance = seeded(seed)
    chosen = chance.sample(EVERY, chance.randrange(1, most + 1))
    made = [make_section(id_, version, chance) for id_, version in chosen]
    return GppString({one.id: one for one in sorted(made, key=lambda one: one.id)})


def make_section(id_: int, version: int, chance: Random) -> Section:
    """Return a section of any values, with or without its optional sub-sections."""
    if id_ == EU_SECTION:
        return Section(id_, "tcfeuv2", version, {TC_STRING: make_string(chance.randrange(1 << 30))})
    if id_ == US_PRIVACY_SECTION:
        names = ("Notice", "OptOutSale", "LspaCovered")
        return Section(id_, "uspv1", version, {name: chance.choice("YN-") for name in names})
    declaration = DECLARATIONS[id_]
    core, *others = declaration.versions[version]
    fields = make_fields(core, chance)
    for part in others:
        if chance.random() < 0.7:
            fields |= make_fields(part, chance)
    return Section(id_, declaration.prefix, version, fields)


def make_fields(part: SubSection, chance: Random) -> dict[str, Any]:
    """Return a sub-section's fields with any values, without the version."""
    fields: dict[str, Any] = {}
    for field in part.fields:
        fields[field.name] = _MAKERS[type(field.kind)](field.kind, chance, fields)
    fields.pop(VERSION, None)
    return fields


def make_vendors(chance: Random) -> IdSet:
    """Return vendors: none, few, most, runs, or single ones up to the highest number there can be."""
    highest = chance.choice([0, 1, 11, 12, 13, 14, 30, 150, 700, 65535])
    if not highest:
        return IdSet()
    if highest > 1000 or chance.random() < 0.5:
        firsts = [chance.randrange(1, highest + 1) for _ in range(chance.randrange(1, 7))]
        return IdSet.of_intervals((first, min(highest, first + chance.randrange(9))) for first in firsts)
    share = chance.random()
    return IdSet.of(number for number in range(1, highest + 1) if chance.random() < share)


def _whole(kind: Whole, chance: Random, fields: Mapping[str, Any]) -> object:
    return chance.choice(kind.allowed) if kind.allowed else chance.randrange(1 << kind.bits)


def _list(kind: TwoBitList, chance: Random, fields: Mapping[str, Any]) -> object:
    return tuple(chance.randrange(3) for _ in range(kind.count))


def _truth(kind: Truth, chance: Random, fields: Mapping[str, Any]) -> object:
    return chance.random() < 0.5


def _letters(kind: Letters, chance: Random, fields: Mapping[str, Any]) -> object:
    return "".join(chance.choice("ABCXYZabcxyz") for _ in range(kind.count))


def _time(kind: Time, chance: Random, fields: Mapping[str, Any]) -> object:
    return EPOCH + timedelta(milliseconds=100 * chance.randrange(1 << 36))


def _flags(kind: Flags, chance: Random, fields: Mapping[str, Any]) -> object:
    count = kind.count if isinstance(kind.count, int) else fields[kind.count]
    return IdSet.of(number for number in range(1, count + 1) if chance.random() < 0.4)


def _vendors(kind: Vendors, chance: Random, fields: Mapping[str, Any]) -> object:
    return make_vendors(chance)


def _restrictions(kind: Restrictions, chance: Random, fields: Mapping[str, Any]) -> object:
    pairs = [(key, type_) for key in range(1, 25) for type_ in range(3)]
    chosen = chance.sample(pairs, chance.choice([0, 0, 1, 2, 4]))
    return tuple(Restriction(key, type_, make_vendors(chance)) for key, type_ in chosen)


_MAKERS: Mapping[type, Callable[[Any, Random, Mapping[str, Any]], object]] = {
    Whole: _whole,
    TwoBitList: _list,
    Truth: _truth,
    Letters: _letters,
    Time: _time,
    Flags: _flags,
    Vendors: _vendors,
    Restrictions: _restrictions,
}
