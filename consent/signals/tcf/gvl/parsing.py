"""A vendor list read from JSON. What later versions add is passed over; what is needed is checked."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from consent.signals.tcf.fields import HIGHEST_VENDOR
from consent.signals.tcf.gvl.errors import MalformedVendorList
from consent.signals.tcf.gvl.types import Ids, Vendor, VendorList

SPECIFICATION_VERSION = 3
_Made = TypeVar("_Made")


def parse(content: bytes | str) -> VendorList:
    """Return what the list says.

    :raises MalformedVendorList: with the place, if it is no JSON, of another specification version than 3, or
        breaks one of the specification's constraints.
    """
    try:
        told = json.loads(content)
    except (ValueError, RecursionError) as fault:
        raise MalformedVendorList("", f"this is no JSON: {fault}") from None
    told = _object(told, "")
    if told.get("gvlSpecificationVersion") != SPECIFICATION_VERSION:
        detail = f"{told.get('gvlSpecificationVersion')!r}, and only 3 is read"
        raise MalformedVendorList("gvlSpecificationVersion", detail)
    purposes = _numbered(told, "purposes", _name)
    return VendorList(
        version=_number(told.get("vendorListVersion"), "vendorListVersion"),
        policy_version=_number(told.get("tcfPolicyVersion"), "tcfPolicyVersion"),
        last_updated=_time(told.get("lastUpdated"), "lastUpdated"),
        purposes=purposes,
        special_purposes=_numbered(told, "specialPurposes", _name),
        features=_numbered(told, "features", _name),
        special_features=_numbered(told, "specialFeatures", _name),
        vendors=_numbered(told, "vendors", lambda value, place: _vendor(value, place, purposes)),
    )


def _vendor(told: Mapping[str, Any], place: str, purposes: Mapping[int, str]) -> Vendor:
    deleted = told.get("deletedDate")
    vendor = Vendor(
        id=told["id"],
        name=_name(told, place),
        purposes=_ids(told, "purposes", place),
        legitimate_interest_purposes=_ids(told, "legIntPurposes", place),
        flexible_purposes=_ids(told, "flexiblePurposes", place),
        special_purposes=_ids(told, "specialPurposes", place),
        features=_ids(told, "features", place),
        special_features=_ids(told, "specialFeatures", place),
        deleted_at=None if deleted is None else _time(deleted, f"{place}.deletedDate"),
    )
    _check_purposes(vendor, place, purposes)
    return vendor


def _check_purposes(vendor: Vendor, place: str, purposes: Mapping[int, str]) -> None:
    """Hold the vendor to the specification's "Constraints"."""
    declared = vendor.purposes | vendor.legitimate_interest_purposes
    if both := vendor.purposes & vendor.legitimate_interest_purposes:
        detail = f"purpose {min(both)} is declared on both bases"
        raise MalformedVendorList(f"{place}.legIntPurposes", detail)
    if loose := vendor.flexible_purposes - declared:
        detail = f"purpose {min(loose)} is flexible and declared on no basis"
        raise MalformedVendorList(f"{place}.flexiblePurposes", detail)
    if unknown := declared - purposes.keys():
        raise MalformedVendorList(f"{place}.purposes", f"the list has no purpose {min(unknown)}")


def _numbered(
    told: Mapping[str, Any], name: str, make: Callable[[Mapping[str, Any], str], _Made]
) -> dict[int, _Made]:
    """Return an object whose names are the numbers of what is in it."""
    made = {}
    for key, value in _object(told.get(name), name).items():
        place = f"{name}.{key}"
        entry = _object(value, place)
        number = _number(entry.get("id"), f"{place}.id")
        if str(number) != key or not 0 < number <= HIGHEST_VENDOR:
            raise MalformedVendorList(f"{place}.id", f"{number} is not the number it is listed under")
        made[number] = make(entry, place)
    return made


def _object(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise MalformedVendorList(place, "an object is needed")
    return value


def _number(value: Any, place: str) -> int:
    if type(value) is not int or value < 0:
        raise MalformedVendorList(place, f"{value!r} is no number")
    return value


def _name(told: Mapping[str, Any], place: str) -> str:
    value = told.get("name")
    if not isinstance(value, str):
        raise MalformedVendorList(f"{place}.name", "a name is needed")
    return value


def _ids(told: Mapping[str, Any], name: str, place: str) -> Ids:
    value = told.get(name, [])
    if not isinstance(value, list) or any(type(one) is not int or one < 1 for one in value):
        raise MalformedVendorList(f"{place}.{name}", "a list of numbers from 1 is needed")
    return frozenset(value)


def _time(value: Any, place: str) -> datetime:
    """Return the time; one that says no zone is taken as UTC."""
    try:
        time = datetime.fromisoformat(value)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        raise MalformedVendorList(place, f"{value!r} is no time") from None
