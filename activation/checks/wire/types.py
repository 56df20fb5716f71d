"""What callers ask, and what they are answered, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from activation.decisions.types import Decision, Question
from consent.subjects.types import Identifier

Data = dict[str, Any]
"""An answer, ready to be written as JSON."""


class Semantic(StrEnum):
    """How far a request with several evaluations is carried out (AuthZEN 1.0, Evaluations semantics)."""

    EXECUTE_ALL = "execute_all"
    DENY_ON_FIRST_DENY = "deny_on_first_deny"
    PERMIT_ON_FIRST_PERMIT = "permit_on_first_permit"


@dataclass(frozen=True, slots=True)
class ItemError:
    """Why one item is denied without a look at anybody. The message never repeats what was sent."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question as a caller asked it."""

    identifier: Identifier | ItemError
    """Kind and value as sent, not normalised; the error if no such kind is known, or it is malformed."""
    question: Question
    """Its `at_least` is None, for the token is yet to be opened; its `controller` is "" if none was named."""
    subject_type: str
    resource_type: str | None = None
    """None where the address has no such field: any registered destination will do."""
    token: str | None = None
    """`at_least`, as sent."""
    explain: bool = False
    shadow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedMany:
    """Several questions, in the order asked."""

    items: tuple[Asked | ItemError, ...]
    """An error in place of a question that cannot be read."""
    semantic: Semantic = Semantic.EXECUTE_ALL
    is_single: bool = False
    """The request held no `evaluations`: it is answered as a single evaluation is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedBatch:
    """One question about many people, in the order asked."""

    subjects: tuple[Identifier | ItemError, ...]
    """An error in place of a subject that cannot be read."""
    question: Question
    token: str | None = None
    explain: bool = False
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class AskedPage:
    """Which part of the results a search is to answer with."""

    token: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedSearch:
    """A question of which one part is left open, to be searched for."""

    subject_type: str
    identifier: Identifier | ItemError | None
    """None where subjects are searched for."""
    question: Question
    """Its `purpose` or `destination` is "" where actions or resources are searched for."""
    resource_type: str
    token: str | None
    """`at_least`, as sent."""
    page: AskedPage
    entities: Mapping[str, Any]
    """Subject, action, resource and context as sent: they must not change from page to page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One decision, and what besides it is told."""

    decision: Decision
    error: ItemError | None = None
    decision_id: str | None = None
    """Set when the caller asked for an explained answer, which is kept under this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """One page of the answer to a search."""

    results: tuple[Data, ...]
    next_token: str
    """Empty on the last page."""
    policy_version: int
    policy_digest: str
    watermark: int
    historic: bool
