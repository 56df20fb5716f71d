"""The kinds of destination there are. Add yours with one line, and its harness in `tests/conformance`."""

from collections.abc import Mapping
from types import MappingProxyType

from activation.destinations.kinds import file, kafka, object_store, postgresql
from activation.destinations.kinds.interface import Kind

_ALL: tuple[Kind, ...] = (file.KIND, kafka.KIND, object_store.KIND, postgresql.KIND)
KINDS: Mapping[str, Kind] = MappingProxyType({kind.slug: kind for kind in _ALL})
"""Each kind by its slug."""
