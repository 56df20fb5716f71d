"""One question about everybody: what the query looks at, and what the engine says of each kind of state."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pyarrow as pa
from sqlglot import exp

from activation.decisions.case import Case
from activation.decisions.compiled import CompiledPolicy
from activation.decisions.engine import Examined, Finding, conclude, examine, find
from activation.decisions.policy_rows import list_requirements
from activation.decisions.reasons import Effect, Reason
from activation.decisions.register import Register
from activation.decisions.types import NOT_HONOURED, Decision, Question, SubjectState
from activation.decisions.validity import Horizon, earliest
from activation.snapshots.bulk import query
from activation.snapshots.bulk.columns import (
    BIRTHS,
    FACT_ENDS,
    Description,
    code_column,
    end_columns,
    yes_columns,
)
from activation.snapshots.bulk.examples import Seen, widths
from activation.snapshots.bulk.lenses import BASE
from activation.snapshots.bulk.query import TimeEnd, key_columns
from activation.snapshots.compact.times import to_micros

_APART = 1_000_000
"""Between the numbers that the items of different lenses are told apart by."""


class LensMissing(Exception):
    """The file shows not all that bears on the question: somebody spoke of a purpose it has no lens for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question, and all that its answer rests on but the people."""

    policy: CompiledPolicy
    register: Register
    question: Question
    at: datetime

    def examine(self, state: SubjectState) -> Examined:
        """Return the engine's answer."""
        return examine(self.policy, self.register, state, self.question, self.at)


class Outcomes:
    """The decisions that rows can have, by number. What differs from person to person is not in them."""

    def __init__(self, asked: Asked) -> None:
        self.decisions: list[Decision] = []
        self._numbers: dict[Decision, int] = {}
        self.may_hold_back = False
        """Whether rows can be denied that no decision denies: `query.HELD_BACK` is their outcome."""
        nobody = decide_nobody(asked)
        self.stranger_until = asked.examine(SubjectState()).decision.valid_until
        for decision in (nobody, asked.examine(SubjectState()).decision):
            self.decisions.append(_bare(decision))  # both have their number, even if they are alike

    def number_of(self, decision: Decision) -> int:
        """Return the number of `decision`, whoever it is about."""
        bare = _bare(decision)
        number = self._numbers.get(bare)
        if number is None:
            number = self._numbers[bare] = len(self.decisions)
            self.decisions.append(bare)
        return number

    def allows(self, number: int) -> bool:
        """Return whether rows of this outcome may leave."""
        return number >= 0 and self.decisions[number].allowed

    def reason_of(self, number: int) -> str:
        """Return why rows of this outcome are denied, or why they may leave."""
        return NOT_HONOURED if number == query.HELD_BACK else self.decisions[number].reason.value


@dataclass(frozen=True, slots=True)
class _Looked:
    """One of the purposes that bear on the question, and what it is seen through."""

    purpose: str
    lens: int
    lens_purpose: str
    columns: tuple[str, ...]
    """The lens's times that any row holds."""


class Plan:
    """How one question is put to one file of people."""

    def __init__(self, asked: Asked, description: Description, outcomes: Outcomes) -> None:
        """Lay out the query.

        :raises LensMissing: if the file does not show all that bears on the question.
        """
        self._asked, self._shapes, self._outcomes = asked, description.shapes, outcomes
        self._looked = [self._look(purpose, description) for purpose in self._purposes()]
        self.codes = [code_column(lens) for lens in dict.fromkeys(one.lens for one in self._looked)]
        self.times = sorted({*BIRTHS, *FACT_ENDS, *(name for one in self._looked for name in one.columns)})
        self.watches = list(dict.fromkeys(self._watches()))
        self._ends: dict[TimeEnd, int] = {}
        self._settled_at = to_micros(asked.at)

    def kinds_query(self) -> exp.Select:
        """Return the query for every kind of state, to be given to `learn`."""
        return query.kinds_of_state(self.codes, self.watches, self.times, self._asked.at)

    def learn(self, kinds: pa.Table) -> pa.Table:
        """Ask the engine about each of `kinds`, and return the relation `outcomes`."""
        rows = [self._row(kind) for kind in kinds.to_pylist()]
        fields = [pa.field(name, pa.int32() if name in self.codes else pa.int64()) for name in self._keys()]
        fields += [pa.field("outcome", pa.int32()), pa.field("fixed_end", pa.timestamp("us"))]
        fields += [pa.field(f"u{number}", pa.bool_()) for number in self._ends.values()]
        complete = [{field.name: row.get(field.name, None) for field in fields} for row in rows]
        return pa.Table.from_pylist(complete, schema=pa.schema(fields))

    def rows_query(self, carried: Sequence[str] = ("row", "person")) -> exp.Select:
        """Return the query for the audience's rows, with its columns `carried`; `learn` comes before."""
        return query.decided_rows(self.codes, self.watches, list(self._ends), self._asked.at, carried)

    def _keys(self) -> list[str]:
        return key_columns(self.codes, self.watches)

    def _purposes(self) -> list[str]:
        return list(list_requirements(self._asked.policy, self._asked.question.purpose))

    def _look(self, purpose: str, description: Description) -> _Looked:
        known = purpose in self._asked.policy.purposes  # else everybody is denied, whatever they said
        lens = description.lens_of(purpose if known else BASE)
        if lens is None:
            raise LensMissing
        lens_purpose = description.footer.lenses[lens]
        yeses, ends = widths(self._shapes[lens], lens_purpose)
        columns = (*yes_columns(lens)[:yeses], *end_columns(lens)[:ends])
        return _Looked(purpose, lens, lens_purpose, columns)

    def _watches(self) -> Iterator[TimeEnd]:
        """Yield every time whose passing could change an answer: more than the engine will look at."""
        policy, controller = self._asked.policy, self._asked.question.controller
        for looked in self._looked:
            rules = policy.rules_for(looked.purpose, controller).values()
            periods = dict.fromkeys(rule.validity for rule in rules if rule.validity)
            for column in looked.columns:
                if column in end_columns(looked.lens):
                    yield TimeEnd(column)
                else:
                    yield from (TimeEnd(column, period=period) for period in periods)
            ages = dict.fromkeys(band.under for rule in rules for band in rule.age_bands)
            yield from (TimeEnd(column, years=years) for column in BIRTHS for years in ages)
        yield from map(TimeEnd, FACT_ENDS)

    def _row(self, kind: Mapping[str, Any]) -> dict[str, Any]:
        """Return the row of `outcomes` for one kind of state."""
        times = {name: _in_utc(moment, self._asked.at) for name, moment in kind["example"].items()}
        seen = {
            looked.purpose: Seen(
                looked.lens, looked.lens_purpose, self._shapes[looked.lens][kind[code_column(looked.lens)]]
            )
            for looked in self._looked
        }
        examined = self._examine(seen, times)
        fixed, ends = self._ends_of(examined.horizons, list(seen.values()))
        row: dict[str, Any] = {name: kind[name] for name in self._keys()}
        row |= {f"u{self._ends.setdefault(end, len(self._ends))}": True for end in ends}
        number = self._outcomes.number_of(examined.decision)
        return row | {"outcome": number, "fixed_end": _without_zone(fixed)}

    def _examine(self, seen: Mapping[str, Seen], times: Mapping[str, Any]) -> Examined:
        """Return what the engine says, each purpose seen through its own lens."""
        asked = self._asked
        findings: dict[str, Finding] = {}
        for number, (purpose, one) in enumerate(seen.items(), start=1):
            state = one.state(times, self._settled_at)
            case = Case.open(asked.policy, asked.register, state, asked.question, asked.at)
            is_asked = purpose == asked.question.purpose
            found = find(case if is_asked else case.for_required(purpose), findings)
            findings[purpose] = replace(found, horizons=tuple(_apart(found.horizons, number)))
        return conclude(case, findings[asked.question.purpose])

    def _ends_of(
        self, horizons: Iterable[Horizon], seen: Sequence[Seen]
    ) -> tuple[datetime | None, dict[TimeEnd, None]]:
        """Return the end that is alike for everybody, and those that hang on times of the person's."""
        fixed: datetime | None = None
        ends: dict[TimeEnd, None] = {}
        for horizon in horizons:
            if horizon.version is None:
                fixed = earliest(fixed, horizon.at)
                continue
            number, version = divmod(horizon.version, _APART)
            column = seen[number - 1].column_of(replace(horizon, version=version))
            ends[TimeEnd(column, period=horizon.period, years=horizon.years)] = None
        return fixed, ends


def list_exceptions(
    asked: Asked, people: Iterable[tuple[str, SubjectState]], outcomes: Outcomes
) -> Iterator[tuple[str, int, datetime | None]]:
    """Yield, for people to be decided one by one, the rows of the relation `exceptions`."""
    for person, state in people:
        decision = asked.examine(state).decision
        yield person, outcomes.number_of(decision), decision.valid_until


def to_exceptions(rows: Iterable[tuple[str, int, datetime | None]]) -> pa.Table:
    """Return the relation `exceptions`."""
    people, outcomes, untils = zip(*rows, strict=True) if (rows := list(rows)) else ((), (), ())
    return pa.table(
        {
            "ref": pa.array(people, pa.string()),
            "outcome": pa.array(outcomes, pa.int32()),
            "valid_until": pa.array(map(_without_zone, untils), pa.timestamp("us")),
        }
    )


def _apart(horizons: Iterable[Horizon], number: int) -> Iterator[Horizon]:
    """Yield the horizons of one lens's own items with versions that no other lens has."""
    for horizon in horizons:
        if horizon.version is not None and horizon.version < _APART:
            yield replace(horizon, version=horizon.version + number * _APART)
        else:
            yield horizon


def decide_nobody(asked: Asked) -> Decision:
    """Return the decision on rows that name nobody: a denial, even where strangers are allowed."""
    decision = asked.examine(SubjectState()).decision
    if not decision.allowed:
        return decision
    return replace(decision, effect=Effect.DENY, reason=Reason.SUBJECT_UNKNOWN, obligations=())


def _without_zone(moment: datetime | None) -> datetime | None:
    """Return a moment in UTC as the columns write it."""
    return None if moment is None else moment.replace(tzinfo=None)


def _bare(decision: Decision) -> Decision:
    return replace(decision, valid_until=None, watermark=0, record_id=None)


def _in_utc(moment: Any, at: datetime) -> Any:
    return moment.replace(tzinfo=at.tzinfo) if isinstance(moment, datetime) else moment
