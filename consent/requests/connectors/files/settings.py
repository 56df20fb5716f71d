"""What the data map declares of files: where each dataset's lie, and how they are written. Pure."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from consent.requests.connectors.interface import DeclaredDataset, DeclaredSystem, SystemRefused
from consent.subjects.types import IdentifierKind

_KINDS = frozenset(kind.value for kind in IdentifierKind)
Prefix = Annotated[str, msgspec.Meta(pattern=r"\A[^/\x00-\x1f\\][^\x00-\x1f\\]{0,500}\Z")]


class FileDataset(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where one dataset's files are. Either rows in files, or one file for each person."""

    format: Literal["ndjson", "csv", "parquet", "one_per_person"]
    prefix: Annotated[Prefix | None, msgspec.Meta(description="Every object below it is read")] = None
    path: Annotated[
        Prefix | None, msgspec.Meta(description="Of one_per_person: such as people/{customer_id}.json")
    ] = None
    suffix: Annotated[str, msgspec.Meta(max_length=50, description="Only objects that end so")] = ""
    gzip: Annotated[bool, msgspec.Meta(description="NDJSON and CSV: packed with gzip")] = False


class FilesSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of a system of the kind `files`."""

    datasets: Annotated[
        dict[Annotated[str, msgspec.Meta(max_length=200)], FileDataset],
        msgspec.Meta(description="By the dataset's name in the data map"),
    ]
    most_objects: Annotated[int, msgspec.Meta(ge=1, le=10_000_000, description="That are looked through")] = (
        100_000
    )
    most_object_bytes: Annotated[
        int, msgspec.Meta(ge=1000, le=100 * 1024**3, description="Of one object, unpacked")
    ] = 4 * 1024**3
    most_rewritten_bytes: Annotated[
        int, msgspec.Meta(ge=1000, le=2 * 1024**3, description="Of one object that is written anew")
    ] = 256 * 1024**2


def read_settings(settings: Mapping[str, Any]) -> FilesSettings:
    """Return the settings of files.

    :raises SystemRefused: if one is unknown, malformed, or leads out of the place.
    """
    try:
        read = msgspec.convert(dict(settings), FilesSettings)
    except msgspec.ValidationError as error:
        raise SystemRefused(f"settings: {error}") from None
    for name, one in read.datasets.items():
        if fault := _find_fault(one):
            raise SystemRefused(f"settings: datasets.{name}: {fault}")
    return read


def check_declared(system: DeclaredSystem, settings: FilesSettings) -> None:
    """Return if the data map and the settings speak of the same datasets.

    :raises SystemRefused: if not, or if rows could not be told to be a person's.
    """
    declared = {one.name: one for one in system.datasets}
    if unknown := sorted(settings.datasets.keys() ^ declared.keys()):
        raise SystemRefused(
            f"the dataset {unknown[0]} is in the data map or in the settings, and not in both"
        )
    for name, dataset in declared.items():
        if dataset.references:
            raise SystemRefused(f"{name}: rows of files are found by their own fields, not by references")
        if settings.datasets[name].format != "one_per_person" and not identifier_fields(dataset):
            raise SystemRefused(f"{name}: no field holds what a person is found by: say which does")


def identifier_fields(dataset: DeclaredDataset) -> dict[str, IdentifierKind]:
    """Return field -> the kind of identifier that it holds."""
    return {one.name: one.identifier_kind for one in dataset.fields if one.identifier_kind}


def kinds_in_path(path: str) -> list[str]:
    """Return the kinds of identifier that a path is made of."""
    return [piece.split("}")[0] for piece in path.split("{")[1:]]


def _find_fault(one: FileDataset) -> str:
    is_single = one.format == "one_per_person"
    place = one.path if is_single else one.prefix
    if place is None or (one.prefix if is_single else one.path) is not None:
        return "rows lie below a prefix; one file for each person has a path"
    if any(piece in {"", ".", ".."} for piece in place.rstrip("/").split("/")):
        return "the place is not written plainly"
    kinds = kinds_in_path(place)
    if place.count("{") != place.count("}") or any(kind not in _KINDS for kind in kinds):
        return "a placeholder is no kind of identifier"
    if len(kinds) != (1 if is_single else 0):
        return "the path of one file for each person has one placeholder, a prefix none"
    if one.gzip and one.format == "parquet":
        return "Parquet packs its own pages"
    return ""
