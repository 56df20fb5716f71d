"""Recipients that tell nobody whom they hold."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

import pyarrow as pa

from activation.destinations.kinds.interface import ListingUnsupported
from consent.subjects.types import IdentifierKind


class Unlisted:
    """The part of such a recipient's connector."""

    unlisted: ClassVar[str]
    """Why it does not tell, and what may be done in place of it."""

    def list_held(
        self,
        audience: str,  # noqa: ARG002 - the interface's
        identifiers: Mapping[IdentifierKind, str],  # noqa: ARG002 - the interface's
    ) -> Iterator[pa.RecordBatch]:
        """Tell nothing.

        :raises ListingUnsupported: always.
        """
        raise ListingUnsupported(self.unlisted)
