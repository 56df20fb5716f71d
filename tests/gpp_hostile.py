"""GPP strings that shall cost their reader dearly, and Canada's section to make them of."""

from datetime import UTC, datetime
from typing import Any

from consent.signals.gpp import GppString, Restriction, Section, encode
from consent.signals.gpp.header import write_header
from consent.signals.intervals import IdSet

NONE = IdSet()
DAY = datetime(2026, 1, 1, tzinfo=UTC)
EVERYONE = IdSet(((1, 65_535),))


def canada(ids: IdSet, restrictions: tuple[Restriction, ...] = (), **more: Any) -> GppString:
    """Return a string of section 5 with the vendors `ids`."""
    sets = ("SpecialFeatureExpressConsent", "PurposesExpressConsent", "PurposesImpliedConsent")
    numbers = ("CmpId", "CmpVersion", "ConsentScreen", "VendorListVersion", "TcfPolicyVersion")
    fields: dict[str, Any] = {
        **dict.fromkeys(("Created", "LastUpdated"), DAY),
        **dict.fromkeys(numbers, 1),
        **dict.fromkeys(sets, NONE),
        "ConsentLanguage": "EN",
        "UseNonStandardStacks": False,
        "VendorExpressConsent": ids,
        "VendorImpliedConsent": NONE,
        "PubRestrictions": restrictions,
    }
    return GppString({5: Section(5, "tcfcav1", 1, {**fields, **more})})


def _restrict(ids: IdSet) -> tuple[Restriction, ...]:
    return tuple(Restriction(key, type_, ids) for key in range(1, 25) for type_ in range(3))


_SPREAD = IdSet((*((2 * at + 1, 2 * at + 1) for at in range(450)), (60_000, 60_000)))
HOSTILE = {
    "everyone": encode(canada(EVERYONE, DisclosedVendors=EVERYONE)),
    "everyone restricted": encode(canada(EVERYONE, _restrict(EVERYONE))),
    "the most groups": encode(canada(IdSet(tuple((16 * at + 1, 16 * at + 2) for at in range(3_000))))),
    "groups in every restriction": encode(canada(NONE, _restrict(_SPREAD))),
    "every second vendor": encode(canada(IdSet.of_bits("10" * 32_767 + "1"))),
    "a header of every number": write_header(tuple(range(1, 65_536))) + "~1YNN",
    "sections without end": "DBABLA" + "~" * 24_000,
    "segments without end": "DBABLA~BVVqAAAAAgA" + "." * 24_000,
    "zeros without end": "DBABLA~BVVqAAAAAgA" + "A" * 24_000,
}
