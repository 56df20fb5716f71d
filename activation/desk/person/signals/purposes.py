"""What the numbers of consent frameworks are about, in words of ours. Pure.

IAB Europe, "Transparency and Consent Framework Policies", Appendix A (purposes and special features); IAB
Canada's framework has the same purposes up to the tenth. The purpose 11 came with version 4 of the policies.
"""

from collections.abc import Iterable, Mapping

PURPOSES: Mapping[int, str] = {
    1: "keep or read information on the device",
    2: "choose advertising by little data",
    3: "make a profile for advertising",
    4: "choose advertising by a profile",
    5: "make a profile for contents",
    6: "choose contents by a profile",
    7: "measure how advertising does",
    8: "measure how contents do",
    9: "learn about audiences",
    10: "develop and improve services",
    11: "choose contents by little data",
}
SPECIAL_FEATURES: Mapping[int, str] = {
    1: "know the precise place",
    2: "recognise the device by asking it for its features",
}
_WITH_ELEVEN = 4
"""The version of the policies that brought purpose 11."""


def name_purposes(numbers: Iterable[int]) -> str:
    """Return purposes in words, each with its number."""
    return _name(numbers, PURPOSES, "purpose")


def name_features(numbers: Iterable[int]) -> str:
    """Return special features in words, each with its number."""
    return _name(numbers, SPECIAL_FEATURES, "special feature")


def list_asked(policy_version: int) -> tuple[int, ...]:
    """Return the numbers of the purposes that a person is asked about under a version of the policies."""
    last = max(PURPOSES) if policy_version >= _WITH_ELEVEN else max(PURPOSES) - 1
    return tuple(range(1, last + 1))


def _name(numbers: Iterable[int], words: Mapping[int, str], kind: str) -> str:
    return "; ".join(f"{words[one]} ({one})" if one in words else f"{kind} {one}" for one in sorted(numbers))
