"""The kinds of destination there are. Add yours with one line, and its harness in `tests/conformance`."""

from collections.abc import Mapping
from types import MappingProxyType

from activation.destinations.kinds import (
    braze,
    file,
    google_customer_match,
    kafka,
    meta_custom_audiences,
    object_store,
    postgresql,
    webhook,
)
from activation.destinations.kinds.interface import Kind

_ALL: tuple[Kind, ...] = (
    file.KIND,
    object_store.KIND,
    postgresql.KIND,
    kafka.KIND,
    webhook.KIND,
    google_customer_match.KIND,
    meta_custom_audiences.KIND,
    braze.KIND,
)
KINDS: Mapping[str, Kind] = MappingProxyType({kind.slug: kind for kind in _ALL})
"""Each kind by its slug."""
