"""Asks the bulk query what the engine is asked, and tells where their answers differ."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
from sqlglot import exp

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.register import Register
from activation.decisions.types import Decision, Question, SubjectState
from activation.snapshots.bulk.planning import Asked, Outcomes, Plan, list_exceptions, to_exceptions
from activation.snapshots.bulk.running import Duck, describe
from activation.snapshots.bulk.whole import list_whole
from activation.snapshots.bulk.writing import Basis, PeopleWriter

if TYPE_CHECKING:
    from activation.snapshots.bulk.spark import Spark

Found = Mapping[str | None, Decision]


class Engine(Protocol):
    """Something that the query can be put to."""

    def run(self, select: exp.Query, people: Path, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Return the result of `select` over the file of people and the other relations."""
        ...


class OnSpark:
    """Runs queries on Spark."""

    def __init__(self, spark: "Spark") -> None:
        self.spark = spark

    def run(self, select: exp.Query, people: Path, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Return the result of `select` over the file of people and the other relations."""
        self.spark.read("people", str(people))
        for name, table in tables.items():
            self.spark.give(name, table)
        return self.spark.table(select)


class OnDuck:
    """Runs queries as the project does by default."""

    def __init__(self, scratch: Path) -> None:
        self.duck = Duck(scratch)

    def run(self, select: exp.Query, people: Path, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Return the result of `select` over the file of people and the other relations."""
        self.duck.read("people", people)
        for name, table in tables.items():
            self.duck.give(name, table)
        return self.duck.table(select)


class Bulk:
    """A file of people under one policy and register, asked by the query."""

    def __init__(
        self,
        folder: Path,
        policy: CompiledPolicy,
        register: Register,
        people: Mapping[str, SubjectState],
        at: datetime,
    ) -> None:
        self.policy, self.register, self.people = policy, register, people
        basis = Basis(watermark=7, last_hash=b"", complete_at=at, identity=b"")
        with PeopleWriter(folder, purposes=sorted(policy.purposes), basis=basis) as writer:
            for ref in sorted(people):
                writer.add(ref, people[ref])
            self.path = writer.finish()
        self.description = describe(self.path)

    def decide(self, engine: Engine, question: Question, at: datetime) -> Found:
        """Return the decision on everybody, by reference, and under None that on a row that names nobody."""
        asked = Asked(policy=self.policy, register=self.register, question=question, at=at)
        outcomes = Outcomes(asked)
        plan = Plan(asked, self.description, outcomes)
        exceptions = to_exceptions(list_exceptions(asked, list_whole(self.path), outcomes))
        audience = pa.table({"row": range(len(self.people) + 1), "person": [*self.people, None]})
        kinds = engine.run(plan.kinds_query(), self.path, {"exceptions": exceptions})
        tables = {"exceptions": exceptions, "audience": audience, "outcomes": plan.learn(kinds)}
        found = engine.run(plan.rows_query(), self.path, tables)
        return {row["person"]: _decision(outcomes, row) for row in found.to_pylist()}

    def differences(self, engine: Engine, question: Question, at: datetime) -> list[str]:
        """Return how the query's answers differ from the engine's."""
        found = self.decide(engine, question, at)
        asked = Asked(policy=self.policy, register=self.register, question=question, at=at)
        expected = {
            ref: replace(
                asked.examine(replace(state, complete_at=None)).decision, record_id=None, watermark=0
            )
            for ref, state in self.people.items()
        }
        return [
            f"\n{found[ref]}\nis not\n{decision}\nfor {self.people[ref]}\nat {at}"
            for ref, decision in expected.items()
            if found[ref] != decision
        ]


def by_reference(states: Sequence[SubjectState]) -> dict[str, SubjectState]:
    """Return states of one person each, by a reference made up for each."""
    return {f"p{number:07}": _renamed(state, f"p{number:07}") for number, state in enumerate(states)}


def _renamed(state: SubjectState, ref: str) -> SubjectState:
    [member] = state.members
    choices = tuple(replace(one, subject_ref=ref) for one in member.choices)
    facts = tuple(replace(one, subject_ref=ref) for one in member.facts)
    member = replace(member, subject_ref=ref, choices=choices, facts=facts)
    return replace(state, asked=frozenset({ref}), members=(member,))


def _decision(outcomes: Outcomes, row: Mapping[str, Any]) -> Decision:
    until = row["valid_until"]
    decision: Decision = outcomes.decisions[row["outcome"]]
    return replace(decision, valid_until=until and until.replace(tzinfo=UTC))
