"""What callers of the data keys see, and what a wrapper must do. Pure: no Django, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from consent.kernel.errors import AccordantError

DATABASE = "keys"
"""The alias of the database that holds the data keys, and nothing else."""
KEY_SIZE = 32


class KeyUnreadable(AccordantError):
    """A data key does not open: its key-encryption key is missing or another one, or its row was changed."""

    code = "key_unreadable"
    status = 500


class KeysUnavailable(AccordantError):
    """The keys' database, or the service that wraps keys, cannot be reached now."""

    code = "keys_unavailable"
    status = 503


class KeyWrapper(Protocol):
    """Wraps data keys under key-encryption keys, which have versions from 1 up.

    The setting `KEY_WRAPPER` names a callable without arguments that returns one. It is called from
    several threads at once. Neither its errors nor its `repr` show a key.
    """

    @property
    def newest_version(self) -> int:
        """The version that new data keys are wrapped under."""
        ...

    def wrap(self, key: bytes, *, version: int, bound_to: bytes) -> bytes:
        """Return `key` wrapped under `version`, to be opened with the same `bound_to` only.

        :raises KeysUnavailable: if it cannot be done now.
        """
        ...

    def unwrap(self, wrapped: bytes, *, version: int, bound_to: bytes) -> bytes:
        """Return the key that `wrap` was given.

        :raises KeyUnreadable: if `version` is not known, or `wrapped` does not open with it and `bound_to`.
        :raises KeysUnavailable: if it cannot be done now.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSecret:
    """A secret of the installation's own, as it is stored."""

    version: int
    """The version of the key-encryption key that its key is wrapped under."""
    wrapped: bytes = field(repr=False)
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationReport:
    """What a rotation did."""

    version: int
    """The version that it wrapped keys under."""
    rotated: int
    unreadable: Mapping[int, int]
    """Keys that do not open and were left as they are: how many, by version."""
