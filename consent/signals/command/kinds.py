"""The kinds of string that the command line reads, and how it tells them apart; imported when needed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from consent.signals.errors import Fault, MalformedSignal


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of string. Its module has decode, decode_leniently, encode, to_json and from_json."""

    name: str
    module: str
    begins: re.Pattern[str]
    """How each string of the kind begins, and none of another kind's."""
    told_by: frozenset[str]
    """Names of which its JSON has one, and no other kind's has."""

    def codec(self) -> Any:
        """Return the module."""
        return import_module(self.module)


TCF = Kind("tcf", "consent.signals.tcf", re.compile("[ABC]"), frozenset({"created", "cmpId"}))
GPP = Kind("gpp", "consent.signals.gpp", re.compile("D"), frozenset({"sectionIds", "sections"}))
KINDS = (
    TCF,
    GPP,
    Kind("us_privacy", "consent.signals.us_privacy", re.compile("[0-9]"), frozenset()),
)
"""The first character is a TC string's version, or a GPP header's type, 3; US Privacy begins with a digit."""


def detect(text: str) -> Kind:
    """Return the kind of a string.

    :raises MalformedSignal: if it begins as none does.
    """
    for kind in KINDS:
        if kind.begins.match(text):
            return kind
    raise MalformedSignal(Fault("unknown_kind", "this begins as no TC, GPP or US Privacy string does", 0))


def detect_told(told: Mapping[str, Any]) -> Kind:
    """Return the kind of a string that is told as JSON: as its `kind` says, or by its names.

    :raises MalformedSignal: if there is no such kind.
    """
    names = {kind.name: kind for kind in KINDS}
    if "kind" in told:
        if isinstance(told["kind"], str) and told["kind"] in names:
            return names[told["kind"]]
        raise MalformedSignal(Fault("unknown_kind", f"a kind is one of {', '.join(names)}", field="kind"))
    return next((kind for kind in KINDS if kind.told_by & told.keys()), KINDS[-1])
