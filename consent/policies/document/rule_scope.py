"""Faults of rules in what they reach: names not declared, and two rules that speak to one question."""

from collections.abc import Iterator, Mapping

from consent.policies.document.codes import ANYWHERE, explain_unknown, load_codes
from consent.policies.document.paths import Finding, Parts, field_of, fields_of, items_of, texts_of
from consent.policies.document.references import undeclared
from consent.policies.document.schema import shown

_NAMES = {"purposes": "purposes", "controllers": "controllers", "data_categories": "data_categories"}


def find_scope_faults(document: object) -> Iterator[Finding]:
    """Yield what is wrong with the names that rules use, and with rules side by side."""
    for number, rule in enumerate(items_of(document, "rules")):
        parts = ("rules", number)
        for name, section in _NAMES.items():
            yield from undeclared(document, section, rule, name, parts)
        yield from _jurisdictions(document, rule, parts)
        yield from _countries(document, rule, parts)
        yield from _notice(document, rule, parts)
    yield from _repeated_ids(document)
    yield from _overlaps(document)


def _jurisdictions(document: object, rule: object, parts: Parts) -> Iterator[Finding]:
    declared = fields_of(document, "jurisdictions")
    for index, code in texts_of(rule, "jurisdictions"):
        if code == ANYWHERE or code in declared:
            continue
        where = (*parts, "jurisdictions", index)
        if load_codes().is_known(code):
            yield Finding(where, f"{code!r} is not declared under jurisdictions")
        else:
            yield Finding(
                where, explain_unknown(code, expected="a code declared under jurisdictions, or '*'")
            )


def _countries(document: object, rule: object, parts: Parts) -> Iterator[Finding]:
    codes, declared = load_codes(), fields_of(document, "jurisdictions")
    listed = texts_of(rule, "transfer_countries")
    for index, code in listed:
        where = (*parts, "transfer_countries", index)
        if code == ANYWHERE:
            if len(listed) > 1:
                yield Finding(where, "'*' permits every country and stands alone")
        elif code in codes.groups and code not in declared:
            yield Finding(where, f"the group {code!r} is not declared under jurisdictions")
        elif code not in codes.groups and code not in codes.countries:
            yield Finding(where, explain_unknown(code, expected="a country, a declared group, or '*'"))


def _notice(document: object, rule: object, parts: Parts) -> Iterator[Finding]:
    notice = field_of(rule, "notice")
    key, version = field_of(notice, "key"), field_of(notice, "oldest_version")
    if not isinstance(key, str) or not isinstance(field_of(document, "notices"), Mapping | None):
        return
    declared = fields_of(document, "notices")
    if key not in declared:
        yield Finding((*parts, "notice", "key"), f"{key!r} is not declared under notices")
    elif isinstance(version, int) and str(version) not in fields_of(declared[key], "versions"):
        message = f"the notice {key!r} has no version {shown(version)}"
        yield Finding((*parts, "notice", "oldest_version"), message)


def _repeated_ids(document: object) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for number, rule in enumerate(items_of(document, "rules")):
        identifier = field_of(rule, "id")
        if isinstance(identifier, str) and first.setdefault(identifier, number) != number:
            message = f"{identifier!r} is already the id of rules[{first[identifier]}]"
            yield Finding(("rules", number, "id"), message)


def _overlaps(document: object) -> Iterator[Finding]:
    taken: dict[tuple[str, str, str], int] = {}
    everyone = list(fields_of(document, "controllers"))
    for number, rule in enumerate(items_of(document, "rules")):
        named = [slug for _, slug in texts_of(rule, "controllers")]
        for index, purpose in texts_of(rule, "purposes"):
            for _, code in texts_of(rule, "jurisdictions"):
                keys = [(purpose, code, slug) for slug in named or everyone]
                clashes = [key for key in keys if taken.setdefault(key, number) != number]
                if clashes:
                    yield Finding(("rules", number, "purposes", index), _overlap(clashes, taken))


def _overlap(clashes: list[tuple[str, str, str]], taken: dict[tuple[str, str, str], int]) -> str:
    purpose, code, _ = clashes[0]
    controllers = ", ".join(key[2] for key in clashes)
    others = ", ".join(f"rules[{number}]" for number in sorted({taken[key] for key in clashes}))
    return f"{purpose!r} in {code!r} for {controllers} is already ruled by {others}"
