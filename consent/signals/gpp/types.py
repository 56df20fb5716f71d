"""What a GPP string says, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from consent.signals.intervals import IdSet

TC_STRING = "TcString"
"""The one field of section 2: the value that `consent.signals.tcf.decode` gives."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """What a publisher restricts some vendors to for one purpose, in `PubRestrictions` of section 5.

    `key` is the purpose, 1 to 24; `type` 0 not allowed, 1 express consent, 2 implied consent.
    """

    key: int
    type: int
    ids: IdSet


@dataclass(frozen=True, slots=True)
class Section:
    """The choices for one jurisdiction.

    `fields` are under the specification's names, in its order: numbers (`SaleOptOut`), tuples of numbers
    (`SensitiveDataProcessing`), truths (`Gpc`), texts, aware times and `IdSet`s. A field of an optional
    sub-section is there only if the string has the sub-section (`GpcSegmentType`, `Gpc`). The section's
    version is in `version` and never in `fields`. Section 2 has one field, `TC_STRING`; section 6 the parts
    of the US privacy text: `Notice`, `OptOutSale`, `LspaCovered`, each "Y", "N" or "-".
    """

    id: int
    prefix: str
    version: int
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GppString:
    """A whole GPP string: its sections by id, in the order of ids."""

    sections: Mapping[int, Section] = field(default_factory=dict)

    def with_prefix(self, prefix: str) -> Section | None:
        """Return the section of an API prefix such as `usnat`, or None if the string has none."""
        return next((section for section in self.sections.values() if section.prefix == prefix), None)
