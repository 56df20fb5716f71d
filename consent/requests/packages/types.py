"""Values that describe access packages. Pure: no Django, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
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


class OfficerNotPermitted(AccordantError):
    """The officer may not read what was found about people."""

    code = "officer_not_permitted"
    status = 403


class NothingThere(AccordantError):
    """There is no such row, field or dataset among what was collected: nothing would be withheld."""

    code = "nothing_there"
    status = 404


class BadReason(AccordantError):
    """A reason is a sentence that the person will read, and names nobody."""

    code = "bad_reason"
    status = 400


class NoProvenContact(AccordantError):
    """The person proved no contact that a package could be sent to."""

    code = "no_proven_contact"
    status = 409


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


class RedactionsOutdated(AccordantError):
    """Rows were redacted by their number, and then collected anew: the numbers may mean other rows now."""

    code = "redactions_outdated"
    status = 409


class Withheld(StrEnum):
    """Why something is not in a package. The package says so, in the person's language."""

    ABOUT_OTHERS = "about_others"  # the data map says that the field tells of somebody else
    CONTACT_OF_OTHERS = "contact_of_others"  # an address or a number in free text
    NOT_PART_OF_ACCESS = "not_part_of_access"  # the data map says that the field, or the dataset, is none
    NOT_DESCRIBED = "not_described"  # the data map does not know the field
    NOT_PORTABLE = "not_portable"  # GDPR Art. 20: not provided or observed, or on another ground
    BY_OFFICER = "by_officer"


@dataclass(frozen=True, slots=True)
class Gone:
    """Stands where a value was withheld."""

    reason: str


class Binary(str):
    """Bytes that are no text, as Base64."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedField:
    """One field of a dataset, as far as a package needs to know it."""

    name: str
    title: str
    category: str
    in_access: bool = True
    is_third_party: bool = False
    is_free_text: bool = False
    is_derived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedDataset:
    """One dataset, as the data map describes it; or as a step named it, if the map does not know it."""

    name: str
    title: str
    is_known: bool = False
    purposes: tuple[str, ...] = ()
    retention: str = ""
    in_access: bool = True
    is_derived: bool = False
    fields: Mapping[str, MappedField] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redactions:
    """What officers withheld of one dataset, with their reasons."""

    fields: Mapping[str, str] = field(default_factory=dict)
    """In every row."""
    rows: Mapping[int, str] = field(default_factory=dict)
    cells: Mapping[tuple[int, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """One row as it goes into a package."""

    number: int
    values: Mapping[str, Any] = field(repr=False)
    """Of each column that is shown at all: its value, or `Gone`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewCell:
    """One value as an officer sees it before the release: what was found, and what becomes of it."""

    column: str
    title: str
    found: str = field(repr=False)
    shown: str = field(repr=False)
    withheld: str = ""
    """Why; empty: it is shown."""
    reason: str = ""
    """An officer's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRow:
    """One row as an officer sees it before the release."""

    number: int
    cells: tuple[PreviewCell, ...]
    redacted: str = ""
    """The officer's reason, if the whole row is withheld."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewPage:
    """Some rows of a dataset."""

    dataset: str
    title: str
    page: int
    has_next: bool
    rows: tuple[PreviewRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientRow:
    """One recipient that has data about the person on record."""

    destination: str
    title: str = ""
    role: str = ""
    country: str = ""
    purposes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    first_at: datetime | None = None
    last_at: datetime | None = None
    times: int | None = None


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
    first_row: int
    last_row: int
    """Numbers among all rows of the step."""

    @property
    def is_in_one_piece(self) -> bool:
        """Whether no row of another dataset stands between its own."""
        return self.last_row - self.first_row + 1 == self.rows


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedStep:
    """What is known of a step's rows after they were gone through once."""

    rows: int
    datasets: tuple[CollectedDataset, ...]
    """In the order of their first row."""
    rows_before: tuple[int, ...]
    """Of each part: how many rows the parts before it hold."""
