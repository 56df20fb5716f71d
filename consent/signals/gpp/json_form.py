"""A GPP string as JSON: `sectionIds`, and `sections` by API prefix with the specification's field names.

Sets of ids are sorted lists of numbers, as the specification's "JS API output" says (the reference library
gives fixed bitfields as lists of true and false). Times are of ISO 8601. Section 2 has the
specification's names, and beside them those of the TC string's own reference.
"""

from collections.abc import Mapping
from typing import Any, NoReturn

from consent.signals import us_privacy
from consent.signals.gpp import european
from consent.signals.gpp.declarations import DECLARATIONS, US_PRIVACY_PREFIX, US_PRIVACY_SECTION
from consent.signals.gpp.declared import VERSION, Declaration
from consent.signals.gpp.kinds import Place
from consent.signals.gpp.types import GppString, Section

_BY_PREFIX = {declaration.prefix: declaration for declaration in DECLARATIONS.values()}
_KINDS = {
    (id_, version): {field.name: field.kind for part in parts for field in part.fields}
    for id_, declaration in DECLARATIONS.items()
    for version, parts in declaration.versions.items()
}


def to_json(value: GppString) -> dict[str, Any]:
    """Return the string as JSON has it."""
    sections = {section.prefix: _tell(section) for section in value.sections.values()}
    return {"sectionIds": list(value.sections), "sections": sections}


def _tell(section: Section) -> dict[str, Any]:
    if section.id == european.ID:
        return european.to_json(section)
    if section.id == US_PRIVACY_SECTION:
        return {VERSION: section.version, **section.fields}
    kinds = _KINDS[section.id, section.version]
    fields = {name: kinds[name].to_json(value) for name, value in section.fields.items()}
    return {VERSION: section.version, **fields} if VERSION in kinds else fields


def from_json(told: object) -> GppString:
    """Return the string of what `to_json` gave. `sectionIds` may be missing; if not, it names the sections.

    :raises MalformedSignal: if something is missing, unknown or of another type.
    """
    if not isinstance(told, Mapping) or not isinstance(told.get("sections"), Mapping):
        _refuse("sections", "wrong_type", "a GPP string is an object with the object `sections`")
    if unknown := told.keys() - {"sectionIds", "sections"}:
        _refuse(min(map(str, unknown)), "unknown_field", "a GPP string has `sectionIds` and `sections`")
    read = [_section(prefix, fields) for prefix, fields in told["sections"].items()]
    sections = {section.id: section for section in sorted(read, key=lambda section: section.id)}
    if "sectionIds" in told and told["sectionIds"] != list(sections):
        _refuse("sectionIds", "section_count", f"{told['sectionIds']!r} are not the ids of `sections`")
    return GppString(sections)


def _section(prefix: str, fields: object) -> Section:
    if not isinstance(fields, Mapping):
        _refuse(prefix, "wrong_type", f"{fields!r} is no object")
    if prefix == european.PREFIX:
        return european.from_json(fields)
    if prefix == US_PRIVACY_PREFIX:
        return us_privacy_section(us_privacy.from_json(fields))
    declaration = _BY_PREFIX.get(prefix)
    if declaration is None:
        _refuse("", "unknown_section", f"there is no section {prefix!r}")
    return _declared(declaration, fields)


def us_privacy_section(value: us_privacy.UsPrivacy) -> Section:
    """Return section 6 of a US Privacy string."""
    fields = us_privacy.to_json(value)
    del fields[VERSION]
    return Section(US_PRIVACY_SECTION, US_PRIVACY_PREFIX, value.version, fields)


def _refuse(name: str, reason: str, detail: str) -> NoReturn:
    """Refuse something of the JSON.

    :raises MalformedSignal: always.
    """
    Place(name, {}).refuse(reason, detail)


def _declared(declaration: Declaration, fields: Mapping[str, Any]) -> Section:
    version = fields.get(VERSION) if declaration.carries_version else 1
    if type(version) is not int or version not in declaration.versions:
        _refuse(VERSION, "unknown_version", f"{declaration.prefix} has no version {version!r}")
    kinds = _KINDS[declaration.id, version]
    read = {}
    for name, value in fields.items():
        if name not in kinds:
            _refuse(name, "unknown_field", f"{declaration.prefix} has no such field")
        read[name] = kinds[name].from_json(value, Place(name, fields))
    read.pop(VERSION, None)
    return Section(declaration.id, declaration.prefix, version, read)
