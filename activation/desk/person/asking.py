"""Why a check would allow or deny, for one person, now or at any past time: the engine's own answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from activation.checks.deciding import load_readable, name_controller
from activation.checks.queries import check
from activation.decisions.engine import decide
from activation.decisions.reasons import Effect
from activation.decisions.types import Decision, Question, SubjectState
from activation.desk.explained_question import ExplainedQuestion
from activation.desk.explanation import Explanation, explain
from activation.desk.person.policy_words import PolicyWords
from activation.desk.person.reasons_in_words import REASON_WORDS
from activation.desk.person.types import Asked
from activation.desk.person.words import CHOICE_WORDS, shorten, tell_moment
from activation.desk.rule_in_words import tell_obligations
from activation.snapshots.queries import open_snapshot
from consent.policies.queries import get_policy_in_force
from consent.records.queries import list_records_by_id
from consent.subjects.queries import list_groups_asking


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the engine says, and why, in words."""

    decision: Decision
    words: str
    facts: tuple[tuple[str, str], ...]
    explanation: Explanation | None
    """What the policy alone says, step by step; None with no policy in force."""

    @property
    def allows(self) -> bool:
        """Whether it is an allow, be it of the past."""
        return self.decision.effect is Effect.ALLOW


def ask(asked: Asked, question: Question, *, at: datetime) -> Answer:
    """Return what the check API would answer, with the reason in words.

    :raises ControllerMissing: if the policy has several controllers and the question names none.
    :raises MalformedIdentifier: if nobody can be called so.
    """
    decision = answer(asked, question, at=at)
    words = PolicyWords.of(get_policy_in_force(at=question.as_of or at))
    return Answer(
        decision=decision,
        words=REASON_WORDS[decision.reason],
        facts=tuple((name, told) for name, told in _tell(decision, words) if told),
        explanation=_explain(decision, question, words, at=at),
    )


def answer(asked: Asked, question: Question, *, at: datetime) -> Decision:
    """Return the decision about whom the identifier, or else the reference, leads to.

    :raises ControllerMissing, MalformedIdentifier: as `ask` does.
    """
    if asked.identifier is not None:
        return check(identifiers=[asked.identifier], question=question, at=at)
    with open_snapshot(at=question.as_of or at) as snapshot:
        question = name_controller(question, snapshot)
        unreadable = SubjectState(available=False, watermark=snapshot.watermark)
        refs = frozenset({asked.ref} if asked.ref else ())
        groups = list_groups_asking([refs])
        [state] = load_readable(snapshot.load_states_of, groups, unreadable=unreadable)
    return decide(snapshot.policy, snapshot.register, state, question, at)


def _explain(
    decision: Decision, question: Question, words: PolicyWords, *, at: datetime
) -> Explanation | None:
    moment = question.as_of or at
    with open_snapshot(at=moment) as snapshot:
        if not snapshot.policy.intact:
            return None
        asked = ExplainedQuestion.ask(
            snapshot.policy,
            dict(words.document),
            snapshot.register,
            purpose=question.purpose,
            controller=name_controller(question, snapshot).controller,
            jurisdiction=decision.jurisdiction,
            destination=question.destination,
            at=moment,
        )
    return explain(asked)


def _tell(decision: Decision, words: PolicyWords) -> Iterator[tuple[str, str]]:
    """Yield what the answer rests on, each by its name."""
    basis = decision.legal_basis
    yield "Reason", decision.reason.value
    yield "Legal basis", basis.value.replace("_", " ") if basis else ""
    yield "Rule", decision.rule_id or ""
    yield "Jurisdiction", words.title("jurisdictions", decision.jurisdiction or "")
    yield "Notice", words.notice(decision.notice, decision.notice_version)
    yield "Decided by", _tell_record(decision.record_id)
    yield "Required purpose", words.title("purposes", decision.required_purpose or "")
    yield "Holds until", tell_moment(decision.valid_until)
    yield "Before the data is used", tell_obligations(decision.obligations)
    yield "Policy version", str(decision.policy_version or "")
    yield "Ledger entries it rests on", f"{decision.watermark:,}"


def _tell_record(record_id: str | None) -> str:
    found = list_records_by_id([record_id]) if record_id else []
    if not found:
        return record_id or ""
    [record] = found
    said = f"{CHOICE_WORDS[record.choice]} on {tell_moment(record.effective_at)} for {record.purpose}"
    return f"{said} ({shorten(record.subject_ref)}, {record.record_id})"
