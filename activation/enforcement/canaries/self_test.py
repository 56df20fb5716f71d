"""The daily self-test: every canary is asked about on every path, and the ledger keeps the answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.types import Question
from activation.enforcement.canaries.expectations import list_expected
from activation.enforcement.canaries.incidents import raise_incident
from activation.enforcement.canaries.inquiries import DecisionPath, Inquiry, PathUnavailable
from activation.enforcement.canaries.making import ensure_canaries, mend_canaries
from activation.enforcement.canaries.models import SelfTest
from activation.enforcement.canaries.paths import PATHS
from activation.enforcement.canaries.queries import identify
from activation.enforcement.canaries.types import Canary, IncidentKind, Way
from activation.snapshots.queries import open_snapshot
from consent.kernel.ids import new_id
from consent.ledger import queries as ledger_queries
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream, rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What one path said to one question about its canaries."""

    path: str
    question: Question
    asked: tuple[Way, ...]
    allowed: tuple[Way, ...]
    unaccounted: tuple[Way, ...]

    @property
    def denied(self) -> int:
        """How many canaries were denied, as they must be."""
        return len(self.asked) - len(self.allowed) - len(self.unaccounted)


@dataclass(slots=True)
class SelfTestReport:
    """What a self-test asked, and what came of it."""

    answers: list[Answered] = field(default_factory=list)
    unanswered: dict[str, str] = field(default_factory=dict)
    """Why a path was not asked, by its name."""
    lost: dict[str, list[Way]] = field(default_factory=dict)
    """The canaries of a destination whose no was not on record any more."""
    incidents: list[int] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """How many answers were asked for."""
        return sum(len(one.asked) for one in self.answers)

    @property
    def denied(self) -> int:
        """How many of them denied."""
        return sum(one.denied for one in self.answers)


def run_self_test(*, at: datetime, paths: Sequence[DecisionPath] = PATHS) -> SelfTestReport:
    """Ask `paths` about every canary, for all that each destination may ask, and put the answers on record.

    Canaries are made where there are none, and mended first. A path that lets one pass, or says nothing of
    it, raises an incident, which suspends the destination; so does, without a suspension, a lost canary.
    """
    report = SelfTestReport()
    with open_snapshot(at=at) as snapshot:
        destinations = sorted(snapshot.register)
    canaries: dict[str, list[Canary]] = {}
    for slug in destinations:
        if lost := mend_canaries(destination=slug, at=at):
            report.lost[slug] = lost
        canaries[slug] = ensure_canaries(destination=slug, at=at)
    moment = ledger_queries.get_time()
    with open_snapshot(at=moment) as snapshot:
        policy, watermark = snapshot.policy, snapshot.watermark
    asked = [pair for slug in destinations for pair in _list_inquiries(policy, canaries[slug], slug, moment)]
    for path in paths:
        _ask(path, asked, moment, report)
    _raise_incidents(report)
    _record(report, policy, watermark, moment)
    return report


_Asked = tuple[Inquiry, tuple[Way, ...]]


def _list_inquiries(
    policy: CompiledPolicy, canaries: Sequence[Canary], destination: str, at: datetime
) -> Iterator[_Asked]:
    entry = policy.destinations.get(destination)
    people = {canary: identify(canary) for canary in canaries}
    for purpose in sorted(entry.purposes) if entry else ():
        for controller in sorted(policy.establishments):
            question = Question(purpose=purpose, destination=destination, controller=controller)
            expected = list_expected(canaries, policy, question, at)
            if expected:
                since = max(canary.prepared_at for canary in expected)
                known = [people[canary] for canary in expected]
                inquiry = Inquiry(question=question, people=known, known_since=since)
                yield inquiry, tuple(canary.way for canary in expected)


def _ask(path: DecisionPath, asked: Sequence[_Asked], at: datetime, report: SelfTestReport) -> None:
    try:
        answers = path.ask([inquiry for inquiry, _ in asked], at)
    except PathUnavailable as error:
        report.unanswered[path.name] = str(error)
        return
    for number, (inquiry, ways) in enumerate(asked):
        given = answers[number] if number < len(answers) else []
        is_whole = len(given) == len(ways)
        report.answers.append(
            Answered(
                path=path.name,
                question=inquiry.question,
                asked=ways,
                allowed=tuple(way for way, allowed in zip(ways, given, strict=True) if allowed)
                if is_whole
                else (),
                unaccounted=() if is_whole else ways,
            )
        )


def _raise_incidents(report: SelfTestReport) -> None:
    """Raise one incident for each path and destination; it names the first question, the ledger has all."""
    raised: set[tuple[IncidentKind, str, str]] = set()
    for one in report.answers:
        for kind, ways in (
            (IncidentKind.CANARY_PASSED, one.allowed),
            (IncidentKind.CANARY_UNACCOUNTED, one.unaccounted),
        ):
            key = (kind, one.path, one.question.destination)
            if ways and key not in raised:
                raised.add(key)
                number = raise_incident(
                    kind=kind, question=one.question, ways=ways, path=f"self_test {one.path}"
                )
                report.incidents.append(number)


@transaction.atomic
def _record(report: SelfTestReport, policy: CompiledPolicy, watermark: int, at: datetime) -> None:
    """Put the test on record: one event for each destination, then one for the whole."""
    ground = {"tested_at": rfc3339(at), "policy_digest": policy.digest or None, "watermark": watermark}
    by_destination: dict[str, list[Mapping[str, Any]]] = {}
    for one in report.answers:
        by_destination.setdefault(one.question.destination, []).append(_state(one))
    entries = [
        NewEntry("self_test_answered", {**ground, "destination": slug, "answers": answers})
        for slug, answers in by_destination.items()
    ]
    event_id = new_id("evt")
    outcome = {
        "asked": report.asked,
        "denied": report.denied,
        "unanswered": dict(report.unanswered),
        "lost": {slug: list(map(str, ways)) for slug, ways in report.lost.items()},
        "incidents": report.incidents,
    }
    entries.append(NewEntry("self_test_finished", {**ground, **outcome}, event_id=event_id))
    ledger.append(stream=Stream.AUDIT, entries=entries)
    SelfTest.objects.create(
        policy_digest=policy.digest,
        watermark=watermark,
        asked=report.asked,
        denied=report.denied,
        unanswered_paths=report.unanswered,
        incidents=len(report.incidents) + len(report.lost),
        event_id=event_id,
        tested_at=at,
    )


def _state(one: Answered) -> Mapping[str, Any]:
    return {
        "path": one.path,
        "purpose": one.question.purpose,
        "controller": one.question.controller,
        "canaries": list(map(str, one.asked)),
        "allowed": list(map(str, one.allowed)),
        "unaccounted": list(map(str, one.unaccounted)),
    }
