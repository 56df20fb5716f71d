"""Deciding all rows of a run by one query, and what the query cannot know one by one."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from activation.decisions.types import NOT_HONOURED, Decision, SubjectState
from activation.enforcement.rules import refuse_historic
from activation.enforcement.strings.types import STRING_KINDS, Needs
from activation.snapshots.bulk.columns import Description
from activation.snapshots.bulk.planning import Asked, Outcomes, Plan, list_exceptions, to_exceptions
from activation.snapshots.bulk.query import HELD_BACK, STRANGER, UNDECIDED
from activation.snapshots.bulk.running import Duck, no_people
from activation.snapshots.bulk.whole import list_whole
from consent.kernel.errors import AccordantError

_COUNTS = "SELECT outcome, COUNT(*), MIN(valid_until) FROM decided WHERE canary IS NULL GROUP BY outcome"
_ROWS = "SELECT COUNT(*) FROM decided WHERE canary IS NULL"
_CANARIES = "SELECT canary, outcome FROM decided WHERE canary IS NOT NULL ORDER BY row"
_AS_THEY_LIE = "SELECT row, outcome FROM decided"
_IN_ORDER = f"{_AS_THEY_LIE} ORDER BY row"
_WITH_STRINGS = f"""
    SELECT row, outcome, {", ".join(STRING_KINDS)} FROM decided LEFT JOIN strings USING (person) ORDER BY row
"""  # noqa: S608 - words of ours
_HOLD_BACK = f"""
    UPDATE decided SET outcome = {HELD_BACK} FROM strings
    WHERE decided.person = strings.person AND held_back AND canary IS NULL
    AND outcome IN (SELECT outcome FROM verdicts WHERE allowed)
"""  # noqa: S608 - a number of ours
_OUT_OF_PLACE = """
    SELECT COUNT(*) FROM (SELECT row, ROW_NUMBER() OVER () - 1 AS place FROM decided) WHERE row <> place
"""
_CHANGED = """
    SELECT COUNT(*) AS rows FROM decided JOIN exceptions ON decided.person = exceptions.ref
    WHERE decided.outcome IN (SELECT outcome FROM verdicts WHERE allowed)
    AND decided.outcome <> exceptions.outcome
"""
_PEOPLE_NOW_DENIED = """
    SELECT DISTINCT person FROM decided JOIN exceptions ON person = ref
    WHERE decided.outcome IN (SELECT outcome FROM verdicts WHERE allowed) AND canary IS NULL
    AND exceptions.outcome NOT IN (SELECT outcome FROM verdicts WHERE allowed)
"""
_NOW_DENIED = """
    WITH sent AS (
        SELECT person, ROW_NUMBER() OVER (ORDER BY row) - 1 AS place
        FROM decided JOIN verdicts USING (outcome) WHERE allowed AND canary IS NULL
    )
    SELECT place FROM sent JOIN exceptions ON person = ref
    WHERE exceptions.outcome NOT IN (SELECT outcome FROM verdicts WHERE allowed) ORDER BY place
"""


class RowsUndecided(AccordantError):
    """The query found states that the engine was not asked about, so nothing may leave. A fault of ours."""

    code = "rows_undecided"
    status = 500


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """Everybody's state as one file has it."""

    path: Path
    description: Description

    @property
    def watermark(self) -> int:
        """Size of the ledger that it rests on."""
        return self.description.footer.watermark


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows of the audience have one outcome, and when the first of those allows ends."""

    outcome: int
    rows: int
    until: datetime | None


class Judge:
    """Decides a roll by one question. Whom it was told of one by one, it decides by what it was told last."""

    def __init__(self, duck: Duck, asked: Asked, people: PeopleFile | None) -> None:
        """Take a file of everybody's state; without one, everybody must be told of.

        :raises LensMissing: if the file does not show all that bears on the question.
        :raises HistoricDecisionRefused: if the question looks back.
        """
        self._duck, self.asked, self.has_file = duck, asked, people is not None
        self.outcomes = Outcomes(asked)
        for decision in self.outcomes.decisions:
            refuse_historic(decision)
        self._told: dict[str, tuple[int, datetime | None]] = {}
        self._gives_strings = False
        self._plan = Plan(asked, people.description if people else Description.of_nobody(), self.outcomes)
        if people is None:
            duck.give("people", no_people())
        else:
            duck.read("people", people.path)
            self.meet(list_whole(people.path))

    def can_tell_of(self, person: str, refs: Collection[str]) -> bool:
        """Return whether rows about `person` can be decided without anything being loaded."""
        return person in self._told or (self.has_file and len(refs) <= 1)

    def meet(self, people: Iterable[tuple[str, SubjectState]], asked: Asked | None = None) -> None:
        """Decide each of `people` by the state given, whatever the file says of them.

        `asked` is the question as it is put at another moment than the judge's own.
        """
        for person, outcome, until in list_exceptions(asked or self.asked, people, self.outcomes):
            self._told[person] = outcome, until

    def hold_back(self, strings: Path) -> None:
        """Deny the rows of those whom the file `strings` holds back, and give its strings with others.

        To be called once all is decided.
        """
        self._duck.read("strings", strings)
        self._duck.do(_HOLD_BACK)
        self._gives_strings = self.outcomes.may_hold_back = True
        self._give_verdicts()

    def hold_back_told(self, people: Iterable[str]) -> None:
        """Deny those who were told of one by one, whatever was told."""
        self._told |= dict.fromkeys(people, (HELD_BACK, None))

    def decision_told(self, person: str) -> Decision | None:
        """Return how one who was told of one by one was decided last, if that is an allow."""
        outcome, _ = self._told.get(person, (UNDECIDED, None))
        return self.outcomes.decisions[outcome] if self.outcomes.allows(outcome) else None

    def several(self) -> Iterator[str]:
        """Yield those told of who are several people in one row."""
        return (person for person in self._told if "|" in person)

    def decide(self, roll: Path) -> None:
        """Decide every row of the roll.

        :raises RowsUndecided: if a state was not judged.
        """
        self._give_exceptions()
        self._duck.read("audience", roll)
        self._duck.give("outcomes", self._plan.learn(self._duck.table(self._plan.kinds_query())))
        carried = ("row", "person", "members", "keys", "canary")
        self._duck.keep("decided", self._plan.rows_query(carried))
        self._give_verdicts()
        self._refuse_undecided()

    def decide_elsewhere(self, decide: Callable[[Plan, pa.Table], Path]) -> None:
        """Have every row decided by another engine, by this judge's plan and exceptions.

        `decide` returns where the decided rows lie, as Parquet: `person`, `outcome`, `valid_until`, `canary`.

        :raises RowsUndecided: if a state was not judged.
        """
        self._duck.read("decided", decide(self._plan, self._exceptions()))
        self._give_verdicts()
        self._refuse_undecided()

    def count_changed(self) -> int:
        """Return how many allowed rows would be decided otherwise by what the judge was told since."""
        self._give_exceptions()
        self._give_verdicts()
        [[changed]] = self._duck.rows(_CHANGED)
        return int(changed)

    def list_now_denied(self) -> list[int]:
        """Return which of the allowed rows, counted among them, would be denied by what was told since."""
        self._give_exceptions()
        self._give_verdicts()
        return [place for [place] in self._duck.rows(_NOW_DENIED)]

    def list_people_now_denied(self) -> frozenset[str]:
        """Return who of the allowed rows would be denied by what was told since; some are several people."""
        self._give_exceptions()
        self._give_verdicts()
        return frozenset(person for [person] in self._duck.rows(_PEOPLE_NOW_DENIED))

    @property
    def duck(self) -> Duck:
        """Where the relations `decided` and `verdicts` are, once all is decided."""
        return self._duck

    @property
    def asks_for_strings(self) -> bool:
        """Whether anybody is allowed on condition of a string that they must have."""
        return any(one.allowed and Needs.of(one.obligations).strings for one in self.outcomes.decisions)

    @property
    def lets_strangers_leave(self) -> bool:
        """Whether rows are allowed whose identifiers lead to nobody on record."""
        return self.outcomes.decisions[STRANGER].allowed

    def list_denied(self) -> list[str]:
        """Return all of those told of one by one who are denied, by what was told last."""
        return [person for person, (outcome, _) in self._told.items() if not self.outcomes.allows(outcome)]

    def counts(self) -> list[Count]:
        """Return the audience's rows by outcome; canaries are in none."""
        return [Count(*row) for row in self._duck.rows(_COUNTS)]

    def row_counts(self) -> list[int]:
        """Return how many rows of the audience were decided, counted without looking at how."""
        return [rows for [rows] in self._duck.rows(_ROWS)]

    def canary_answers(self) -> list[tuple[int, bool]]:
        """Return each canary row's place among them, and whether it was allowed."""
        answers = self._duck.rows(_CANARIES)
        return [(place, self.outcomes.allows(outcome)) for place, outcome in answers]

    def in_order(self) -> Iterator[pa.RecordBatch]:
        """Yield `row` and `outcome` of all rows, canaries included, in their order; strings if there are."""
        if self._gives_strings:
            return self._duck.stream(_WITH_STRINGS)
        [[strays]] = self._duck.rows(_OUT_OF_PLACE)
        return self._duck.stream(_IN_ORDER if strays else _AS_THEY_LIE)

    def _refuse_undecided(self) -> None:
        if any(count.outcome == UNDECIDED for count in self.counts()):
            raise RowsUndecided("some people's states were not judged: nothing was delivered; report this")

    def _exceptions(self) -> pa.Table:
        return to_exceptions((person, outcome, until) for person, (outcome, until) in self._told.items())

    def _give_exceptions(self) -> None:
        self._duck.give("exceptions", self._exceptions())

    def _give_verdicts(self) -> None:
        """Let the relation `verdicts` say which outcomes allow, and give each reason of a denial its bit."""
        bits, outcomes = reason_bits(self.outcomes), self.outcomes
        numbers = [*range(len(outcomes.decisions)), *([HELD_BACK] if outcomes.may_hold_back else [])]
        told = [0 if outcomes.allows(one) else 1 << bits[outcomes.reason_of(one)] for one in numbers]
        table = {
            "outcome": pa.array(numbers, pa.int32()),
            "allowed": pa.array([outcomes.allows(number) for number in numbers], pa.bool_()),
            "bit": pa.array(told, pa.uint64()),
        }
        self._duck.give("verdicts", pa.table(table))


def reason_bits(outcomes: Outcomes) -> Mapping[str, int]:
    """Return the reasons that rows can be denied for, each with the number of its bit."""
    found = {one.reason.value for one in outcomes.decisions if not one.allowed}
    reasons: Sequence[str] = sorted(found | ({NOT_HONOURED} if outcomes.may_hold_back else set()))
    return {reason: bit for bit, reason in enumerate(reasons)}
