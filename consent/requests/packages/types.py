"""Values that describe access packages. Pure: no Django, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from consent.kernel.errors import AccordantError


class PackageNotFound(AccordantError):
    """There is no such package, or none that may be taken now."""

    code = "package_not_found"
    status = 404


class PackageGone(AccordantError):
    """The package was there, and its time is over or it was withdrawn."""

    code = "package_gone"
    status = 410


class PackageNotWhole(AccordantError):
    """What is stored is not what was built: a part is missing, or was changed."""

    code = "package_not_whole"
    status = 500


class TooManyDownloads(AccordantError):
    """The package was taken as often as it may be."""

    code = "too_many_downloads"
    status = 429


class RowsUnreadable(AccordantError):
    """What a system's step left cannot be read as rows."""

    code = "rows_unreadable"
    status = 500


class BuildTaken(AccordantError):
    """Another worker has the package now, or it is not being built any more."""

    code = "build_taken"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedRow:
    """One row that a step collected."""

    number: int
    """Among all rows of its step, from 1."""
    dataset: str
    values: Mapping[str, Any] = field(repr=False)
    """Column -> text, number, boolean, None, or what those make up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedDataset:
    """The rows of one dataset that a step collected, and where among its parts they lie."""

    name: str
    rows: int
    columns: tuple[str, ...]
    first_part: int
    last_part: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedStep:
    """What is known of a step's rows after they were gone through once."""

    rows: int
    datasets: tuple[CollectedDataset, ...]
    """In the order of their first row."""
    rows_before: tuple[int, ...]
    """Of each part: how many rows the parts before it hold."""
