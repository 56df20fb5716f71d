"""A TC string as JSON, with the field names of `TCModel`, the model of IAB's own `@iabtechlabtcf/core`.

Two of the specification's names stand beside TCModel's, for who knows those: `purposesConsent` is
`purposeConsents`, `disclosedVendors` is `vendorsDisclosed`. Either is read; both may be there if they agree.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from consent.signals.errors import Fault, MalformedSignal
from consent.signals.intervals import IdSet
from consent.signals.tcf.types import PublisherTC, Restriction, RestrictionType, TCString

NUMBERS = {
    "cmpId": ("cmp_id", 0),
    "cmpVersion": ("cmp_version", 0),
    "consentScreen": ("consent_screen", 0),
    "vendorListVersion": ("vendor_list_version", 0),
    "policyVersion": ("policy_version", 5),
    "version": ("version", 2),
}
FLAGS = {
    "isServiceSpecific": ("is_service_specific", True),
    "useNonStandardTexts": ("use_non_standard_texts", False),
    "purposeOneTreatment": ("purpose_one_treatment", False),
}
CODES = {
    "consentLanguage": ("consent_language", "EN"),
    "publisherCountryCode": ("publisher_country_code", "AA"),
}
SETS = {
    "specialFeatureOptins": "special_feature_opt_ins",
    "purposeConsents": "purposes_consent",
    "purposeLegitimateInterests": "purposes_legitimate_interest",
    "vendorConsents": "vendor_consents",
    "vendorLegitimateInterests": "vendor_legitimate_interests",
}
SEGMENT_SETS = {"vendorsDisclosed": "disclosed_vendors", "vendorsAllowed": "allowed_vendors"}
PUBLISHER_SETS = {
    "publisherConsents": "purposes_consent",
    "publisherLegitimateInterests": "purposes_legitimate_interest",
    "publisherCustomConsents": "custom_purposes_consent",
    "publisherCustomLegitimateInterests": "custom_purposes_legitimate_interest",
}
CUSTOM = "numCustomPurposes"
ALIASES = {"purposesConsent": "purposeConsents", "disclosedVendors": "vendorsDisclosed"}
"""The specification's names that stand beside TCModel's."""
_KNOWN = {
    *("created", "lastUpdated", "publisherRestrictions", CUSTOM),
    *NUMBERS, *FLAGS, *CODES, *SETS, *SEGMENT_SETS, *PUBLISHER_SETS,
}  # fmt: skip


def to_json(tc: TCString) -> dict[str, Any]:
    """Return the string as plain values, sets as sorted lists. What a missing segment would say is None."""
    plain = {**NUMBERS, **FLAGS, **CODES}
    told: dict[str, Any] = {name: getattr(tc, field) for name, (field, _) in plain.items()}
    told |= {"created": _show_time(tc.created), "lastUpdated": _show_time(tc.last_updated)}
    told |= {name: _show_set(getattr(tc, field)) for name, field in (SETS | SEGMENT_SETS).items()}
    told["publisherRestrictions"] = [
        {"purposeId": one.purpose, "restrictionType": int(one.type), "vendors": list(one.vendors)}
        for one in tc.publisher_restrictions
    ]
    publisher = tc.publisher_tc
    told[CUSTOM] = publisher and publisher.number_of_custom_purposes
    told |= {name: publisher and list(getattr(publisher, field)) for name, field in PUBLISHER_SETS.items()}
    return told | {alias: told[name] for alias, name in ALIASES.items()}


def from_json(told: Mapping[str, Any]) -> TCString:
    """Return the string that `to_json` tells. What is missing is as in a new TCModel; `created` is needed.

    :raises MalformedSignal: if a value is not of its kind, or a name is unknown.
    """
    told = _without_aliases(told)
    if unknown := sorted(set(told) - _KNOWN):
        raise _refuse("unknown_name", "there is no such field", unknown[0])
    fields: dict[str, Any] = {"created": _read_time("created", told.get("created"))}
    fields["last_updated"] = _read_time("lastUpdated", told.get("lastUpdated", told.get("created")))
    fields |= {field: _read(told, name, int, standard) for name, (field, standard) in NUMBERS.items()}
    fields |= {field: _read(told, name, bool, standard) for name, (field, standard) in FLAGS.items()}
    fields |= {field: _read_code(told, name, standard) for name, (field, standard) in CODES.items()}
    fields |= {field: _read_set(name, told.get(name, ())) for name, field in SETS.items()}
    fields |= {field: _read_optional_set(told, name) for name, field in SEGMENT_SETS.items()}
    fields["publisher_restrictions"] = tuple(map(_read_restriction, _read_list(told)))
    return TCString(**fields, publisher_tc=_read_publisher(told))


def _without_aliases(told: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(told, Mapping):
        raise _refuse("wrong_kind", "a TC string is an object", "")
    plain = dict(told)
    for alias, name in ALIASES.items():
        if alias in plain:
            value = plain.pop(alias)
            plain.setdefault(name, value)
            if _read_optional_set(plain, name) != _read_optional_set({name: value}, name):
                raise _refuse("names_disagree", f"{alias} and {name} are not the same", name)
    return plain


def _read(told: Mapping[str, Any], name: str, kind: type[Any], standard: Any) -> Any:
    value = told.get(name, standard)
    if type(value) is not kind:  # True is an int to isinstance
        raise _refuse("wrong_kind", f"{value!r} is not of type {_KINDS[kind]}", name)
    return value


def _read_code(told: Mapping[str, Any], name: str, standard: str) -> str:
    """Return the code in capitals; signs that become letters only so (an i without its dot) stay."""
    value: str = _read(told, name, str, standard)
    return value.upper() if value.isascii() else value


def _read_time(name: str, value: Any) -> datetime:
    try:
        time = datetime.fromisoformat(value)
        if time.utcoffset() is not None:
            return time.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise _refuse("not_a_time", f"{value!r} is not a time with its zone, as 2026-03-01T00:00:00Z", name)


def _read_set(name: str, value: Any) -> IdSet:
    if not isinstance(value, list | tuple) or any(type(one) is not int or one < 1 for one in value):
        raise _refuse("wrong_kind", "numbers from 1 are listed", name)
    return IdSet.of(value)


def _read_optional_set(told: Mapping[str, Any], name: str) -> IdSet | None:
    value = told.get(name)
    return None if value is None else _read_set(name, value)


def _read_publisher(told: Mapping[str, Any]) -> PublisherTC | None:
    """Return the publisher's segment if anything of it is told."""
    sets = {field: _read_optional_set(told, name) for name, field in PUBLISHER_SETS.items()}
    given = {field: value for field, value in sets.items() if value is not None}
    count = told.get(CUSTOM)
    if count is None and not given:
        return None
    custom = [value.highest for field, value in given.items() if field.startswith("custom")]
    number = max(custom, default=0) if count is None else _read(told, CUSTOM, int, 0)
    return PublisherTC(number_of_custom_purposes=number, **given)


def _read_restriction(value: Any) -> Restriction:
    name = "publisherRestrictions"
    if not isinstance(value, Mapping) or set(value) != {"purposeId", "restrictionType", "vendors"}:
        raise _refuse("wrong_kind", "a restriction has purposeId, restrictionType and vendors", name)
    kind = _read(value, "restrictionType", int, None)
    if kind not in list(RestrictionType):
        raise _refuse("unknown_restriction", f"there is no restriction type {kind}", name)
    purpose = _read(value, "purposeId", int, None)
    return Restriction(purpose, RestrictionType(kind), _read_set(name, value["vendors"]))


def _read_list(told: Mapping[str, Any]) -> list[Any] | tuple[Any, ...]:
    value = told.get("publisherRestrictions", ())
    if not isinstance(value, list | tuple):
        raise _refuse("wrong_kind", "restrictions are listed", "publisherRestrictions")
    return value


def _show_time(time: datetime) -> str:
    """Return the time as JavaScript's `Date` tells it."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _show_set(ids: IdSet | None) -> list[int] | None:
    return None if ids is None else list(ids)


def _refuse(reason: str, detail: str, field: str) -> MalformedSignal:
    return MalformedSignal(Fault(reason, detail, field=field))


_KINDS = {int: "number", bool: "true or false", str: "text"}
