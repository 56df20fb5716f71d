"""What a run is asked to do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from activation.decisions.types import Question
from activation.enforcement.audience.identifiers import IdentifierColumns
from activation.enforcement.audience.types import Audience
from activation.enforcement.types import Watcher
from consent.subjects.types import SUBJECT_REF


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One audience, and the question that each of its rows is decided by."""

    question: Question
    audience: Audience
    columns: IdentifierColumns
    at: datetime
    watcher: Watcher = field(default_factory=Watcher)
    subject_column: str | None = None
    """The column that names people by the service's own reference."""
    audience_name: str = ""
    """What the destination calls the audience."""

    @property
    def naming_columns(self) -> Sequence[str]:
        """The columns that name people."""
        return [*self.columns.values(), *([self.subject_column] if self.subject_column else [])]

    @property
    def named_by(self) -> Sequence[str]:
        """What rows name people by."""
        kinds = sorted(kind.value for kind in self.columns)
        return [*kinds, SUBJECT_REF] if self.subject_column else kinds
