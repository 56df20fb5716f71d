"""A Global Vendor List of version 3, small enough to read."""

import json
from typing import Any

DELETED = "2025-06-01T00:00:00Z"


def make_list(version: int = 100, **vendors: Any) -> dict[str, Any]:
    """Return the JSON of a list; keywords are changes to its vendors, as `v2={"purposes": [1]}`."""
    told: dict[str, Any] = {
        "1": {"name": "On consent", "purposes": [1, 2, 3, 4], "specialFeatures": [1]},
        "2": {"name": "On interest", "purposes": [1], "legIntPurposes": [2, 7]},
        "3": {"name": "Flexible by consent", "purposes": [1, 2, 3], "flexiblePurposes": [2, 3]},
        "4": {"name": "Flexible by interest", "legIntPurposes": [2, 7], "flexiblePurposes": [2, 7]},
        "5": {"name": "Deleted", "purposes": [1, 2], "deletedDate": DELETED},
        "6": {"name": "Special only", "specialPurposes": [1]},
    }
    for name, changes in vendors.items():
        told[name[1:]] = {**told.get(name[1:], {"name": "New"}), **changes}
    return {
        "gvlSpecificationVersion": 3,
        "vendorListVersion": version,
        "tcfPolicyVersion": 5,
        "lastUpdated": "2026-03-05T16:00:00Z",
        "purposes": _named("Purpose", 11),
        "specialPurposes": _named("Special purpose", 3),
        "features": _named("Feature", 3),
        "specialFeatures": _named("Special feature", 2),
        "vendors": {number: {"id": int(number), **vendor} for number, vendor in told.items()},
    }


def write_list(version: int = 100, **vendors: Any) -> bytes:
    """Return it as bytes, as it is fetched."""
    return json.dumps(make_list(version, **vendors)).encode()


def _named(word: str, count: int) -> dict[str, Any]:
    return {str(number): {"id": number, "name": f"{word} {number}"} for number in range(1, count + 1)}
