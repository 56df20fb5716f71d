"""Faults of jurisdictions, and of where controllers and destinations are."""

from collections.abc import Iterator

from consent.policies.document.codes import explain_unknown, load_codes
from consent.policies.document.paths import Finding, field_of, fields_of, texts_of

_A_CODE = "an ISO 3166 country, a US state, a Canadian province or territory, EU or EEA"
_A_COUNTRY = "an ISO 3166 country code such as 'DE'"


def find_place_faults(document: object) -> Iterator[Finding]:
    """Yield what is wrong with the codes of `jurisdictions`, `controllers` and `destinations`."""
    for code, jurisdiction in fields_of(document, "jurisdictions").items():
        if load_codes().is_known(code):
            yield from _membership(code, jurisdiction)
        else:
            yield Finding(("jurisdictions", code), explain_unknown(code, expected=_A_CODE))
    for slug, controller in fields_of(document, "controllers").items():
        for index, code in texts_of(controller, "establishment"):
            if not load_codes().is_known(code):
                parts = ("controllers", slug, "establishment", index)
                yield Finding(parts, explain_unknown(code, expected=_A_CODE))
    for slug, destination in fields_of(document, "destinations").items():
        country = field_of(destination, "country")
        if isinstance(country, str) and country not in load_codes().countries:
            yield Finding(("destinations", slug, "country"), explain_unknown(country, expected=_A_COUNTRY))


def _membership(code: str, jurisdiction: object) -> Iterator[Finding]:
    parts = ("jurisdictions", code, "members")
    belonging = load_codes().groups.get(code)
    has_members = field_of(jurisdiction, "members") is not None
    if belonging is None:
        if has_members:
            yield Finding(parts, f"{code!r} is not a group; only EU and EEA list members")
        return
    if not has_members:
        yield Finding(parts, f"missing; the group {code!r} lists the countries that its rules reach")
    for index, member in texts_of(jurisdiction, "members"):
        if member not in load_codes().countries:
            yield Finding((*parts, index), explain_unknown(member, expected=_A_COUNTRY))
        elif member not in belonging:
            yield Finding((*parts, index), f"{member!r} is not a member of {code}")
