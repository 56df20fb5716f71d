"""The sources that the operator configured: ACCORDANT_SOURCES."""

from django.conf import settings

from activation.enforcement.audience.asking.types import Source, SourceKind, SourceUnknown

_POSTGRESQL = ("postgresql://", "postgres://")
_DUCKDB = "duckdb:"


def get_source(name: str) -> Source:
    """Return the source called `name`.

    :raises SourceUnknown: if there is none, or its address is of no kind that can be asked.
    """
    address = settings.SOURCES.get(name)
    if address is None:
        raise SourceUnknown(f"no such source: ACCORDANT_SOURCES names {_list_names()}")
    if address.startswith(_POSTGRESQL):
        return _make(name, SourceKind.POSTGRESQL, address)
    if address.startswith(_DUCKDB):
        return _make(name, SourceKind.DUCKDB, address.removeprefix(_DUCKDB))
    raise SourceUnknown(f"source {name}: its address begins with neither postgresql:// nor duckdb:")


def _list_names() -> str:
    return ", ".join(sorted(settings.SOURCES)) or "none"


def _make(name: str, kind: SourceKind, address: str) -> Source:
    return Source(
        name=name,
        kind=kind,
        address=address,
        timeout=settings.SOURCE_TIMEOUT,
        memory_mib=settings.SOURCE_MEMORY_MIB,
    )
