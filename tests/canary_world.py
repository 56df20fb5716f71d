"""Canaries of the tests' destination, and paths that let them pass."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from activation.decisions.types import Question
from activation.enforcement.canaries.inquiries import DecisionPath, Inquiry
from activation.enforcement.canaries.paths import ask_by_row
from activation.enforcement.canaries.queries import identify
from activation.enforcement.canaries.services import ensure_canaries
from activation.enforcement.canaries.types import Canary, Way
from consent.ledger.models import PendingEvent
from consent.ledger.types import Stream
from consent.subjects.queries import find_subjects
from consent.subjects.types import SubjectRef

QUESTION = Question(purpose="advertising.audience", destination="ads", controller="shop")


def make_canaries(destination: str = "ads") -> dict[Way, Canary]:
    """Make the destination's canaries, and return them by their way."""
    return {one.way: one for one in ensure_canaries(destination=destination, at=timezone.now())}


def ref_of(canary: Canary) -> SubjectRef:
    """Return the one subject that all of the canary's identifiers lead to."""
    found = {ref for refs in find_subjects([[one] for one in identify(canary)]) for ref in refs}
    [ref] = found
    return ref


def list_told(stream: Stream) -> list[tuple[str, str]]:
    """Return kind and text of the events that wait for their place in the ledger, in order."""
    rows = PendingEvent.objects.filter(stream=stream).order_by("pk")
    return [(row.kind, bytes(row.envelope).decode()) for row in rows]


def _allow_all(inquiries: Sequence[Inquiry], _: datetime) -> list[list[bool]]:
    return [[True for _ in inquiry.people] for inquiry in inquiries]


def _lose_the_last(inquiries: Sequence[Inquiry], at: datetime) -> list[list[bool]]:
    return [answers[:-1] for answers in ask_by_row(inquiries, at)]


def _answer_nothing(_: Sequence[Inquiry], _at: datetime) -> list[list[bool]]:
    return []


ALLOWS_ALL = DecisionPath("allows_all", _allow_all)
LOSES_ONE = DecisionPath("loses_one", _lose_the_last)
ANSWERS_NOTHING = DecisionPath("answers_nothing", _answer_nothing)
