"""How a section of a GPP string is declared: one frozen table a section, read by one codec for all."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from consent.signals.gpp.kinds import Kind, Place, Whole

VERSION = "Version"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: the specification's name, and what it is made of."""

    name: str
    kind: Kind

    @property
    def constant(self) -> int | None:
        """The only value that the field may have, or None if it may have others."""
        kind = self.kind
        return kind.allowed[0] if isinstance(kind, Whole) and len(kind.allowed) == 1 else None


@dataclass(frozen=True, slots=True)
class SubSection:
    """A part between two dots. `older` are the same fields in other forms, which are read but not written.

    `longer` are the same fields with longer lists, if there are writers of those: read, and written if the
    lists are as long. A part whose first field is a constant is known by it; any other by its place.
    """

    name: str
    fields: tuple[Field, ...]
    older: tuple[tuple[Field, ...], ...] = field(default=())
    longer: tuple[Field, ...] = ()

    @property
    def mark(self) -> str:
        """The bits that the part starts with, if it is known by them."""
        first = self.fields[0]
        return "" if first.constant is None else first.kind.write(first.constant, Place(first.name, {}))


@dataclass(frozen=True, slots=True)
class Declaration:
    """One section: its id, its API prefix, and its sub-sections in each of its versions, the core first.

    `carries_version` is False where the core does not start with the section's version.
    """

    id: int
    prefix: str
    title: str
    versions: Mapping[int, tuple[SubSection, ...]]
    carries_version: bool = True
