"""What goes into an evidence pack."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from consent.kernel.sealing import OpenedPart
from consent.kernel.signing import VerifyKey


class PackKind(StrEnum):
    """What a pack is about."""

    SUBJECT = "subject"
    PERIOD = "period"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackLeaf:
    """One event of the log, and what shows that it is there."""

    index: int
    envelope: bytes
    """The event as the ledger keeps it, byte for byte."""
    proof: bytes
    """A `.tlog-proof` file under the pack's checkpoint."""
    receipt: bytes | None = None
    private: OpenedPart | None = None
    """The event's private part, with the salt of its commitment: personal data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackContent:
    """All that a pack holds. `leaves` is gone through once."""

    origin: str
    kind: PackKind
    created_at: str
    """RFC 3339."""
    first_key: VerifyKey
    """The log's first key, from which `handovers` lead to the others."""
    checkpoint: bytes
    """The newest signed checkpoint."""
    leaves: Iterable[PackLeaf]
    handovers: tuple[bytes, ...] = ()
    checkpoints: tuple[bytes, ...] = ()
    """Older checkpoints, each to be tied to the newest one by the paths in `consistency`."""
    consistency: Mapping[tuple[int, int], tuple[bytes, ...]] = field(default_factory=dict)
    """Consistency paths, by the two sizes that they tie."""
