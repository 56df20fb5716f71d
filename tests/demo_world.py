"""The demo's people as the engine sees them: rows read by the real reader, subjects kept in memory."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.compiler import compile_policy
from activation.decisions.engine import decide
from activation.decisions.register import RegisteredDestination
from activation.decisions.types import Decision, Member, Question, SubjectState
from config.demo.audience import AudienceMember
from config.demo.rows import Row, list_rows
from consent.policies.document.reading import read_yaml
from consent.policies.document.sealing import seal
from consent.policies.types import PublishedPolicy
from consent.records.rules.rows import read_row
from consent.records.rules.vocabulary import read_vocabulary
from consent.records.types import ChoiceRecord, NewRow
from consent.subjects.types import Fact, Link

TODAY = datetime(2026, 11, 22, tzinfo=UTC)
NOW = TODAY + timedelta(hours=9)
RETAILER = Path(__file__).resolve().parents[1] / "config" / "demo" / "retailer.yaml"

FROZEN, DIGEST = seal(read_yaml(RETAILER.read_text(encoding="utf-8")))
VOCABULARY = read_vocabulary(FROZEN)


def make_policy() -> CompiledPolicy:
    """Return the retailer's policy as published, in force since this morning."""
    return compile_policy(
        PublishedPolicy(
            key="retailer",
            version=1,
            digest=DIGEST,
            canonical=FROZEN,
            in_force_from=TODAY,
            in_force_until=None,
        )
    )


def decide_member(policy: CompiledPolicy, member: AudienceMember, controller: str) -> Decision:
    """Return what the engine says of one row of the audience, at Meridian Ads."""
    destinations = {"meridian_ads": RegisteredDestination("meridian_ads", "ad_platform", TODAY)}
    question = Question(purpose="advertising.audience", destination="meridian_ads", controller=controller)
    state = make_state(list_rows(member.person, member.totals, day=TODAY))
    return decide(policy, destinations, state, question, NOW)


def make_state(rows: Iterable[Row]) -> SubjectState:
    """Return the state of the one person that the audience row leads to, after an import of `rows`.

    As the import does: identifiers seen together lead to one subject, or link the subjects they lead to.
    """
    subject_of: dict[str, str] = {}
    told: dict[str, list[NewRow]] = {}
    links: list[Link] = []
    for number, value in enumerate(rows):
        row = read_row(value, vocabulary=VOCABULARY, at=NOW)
        assert isinstance(row, NewRow), row
        found = sorted({subject_of[one.value] for one in row.identifiers if one.value in subject_of})
        refs = found or [f"subject {number}"]
        subject_of |= {one.value: refs[0] for one in row.identifiers if one.value not in subject_of}
        links += [Link(left=refs[0], right=ref, linked_at=NOW, recorded_at=NOW) for ref in refs[1:]]
        told.setdefault(refs[0], []).append(row)
    members = tuple(_make_member(ref, told_rows) for ref, told_rows in told.items())
    return SubjectState(
        asked=frozenset(subject_of.values()), members=members, links=tuple(links), complete_at=NOW
    )


def _make_member(ref: str, rows: list[NewRow]) -> Member:
    choices = tuple(
        ChoiceRecord(
            record_id=f"{ref}, choice {version}",
            subject_ref=ref,
            version=version,
            purpose=claim.purpose,
            choice=claim.choice,
            effective_at=claim.effective_at,
            recorded_at=NOW,
            controller=claim.controller,
            notice=claim.notice,
            notice_version=claim.notice_version,
            by_guardian=claim.by_guardian,
            after_conflict_notice=claim.after_conflict_notice,
            back_dated=True,  # all were made long before they were imported
        )
        for version, claim in enumerate((claim for row in rows for claim in row.choices), 1)
    )
    facts = tuple(
        Fact(
            subject_ref=ref,
            name=fact.name,
            value=fact.value,
            effective_at=fact.effective_at,
            recorded_at=NOW,
            version=version,
            controller=fact.controller,
        )
        for version, fact in enumerate((fact for row in rows for fact in row.facts), len(choices) + 1)
    )
    return Member(subject_ref=ref, version=len(choices) + len(facts), choices=choices, facts=facts)


def list_published() -> Mapping[int, str]:
    """Return when each version of the privacy notice was published, as the policy writes it."""
    versions = read_yaml(RETAILER.read_text(encoding="utf-8"))["notices"]["privacy"]["versions"]
    return {int(version): notice["published_at"] for version, notice in versions.items()}
