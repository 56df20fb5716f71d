"""Letting those rows of a table pass whose people may be used for a purpose at a destination."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, Unpack

import pyarrow as pa

from activation.client.frames.columns import PersonColumns, person_columns
from activation.client.frames.intake import give_back, take_batches, take_table
from activation.client.frames.results import Filtered, Summary
from activation.client.frames.rulings import Ruling, keep_allowed, plan_for, rule_on
from activation.client.people import Asked, NotDecidable, PeopleDecisions, read_question
from activation.client.questions import Terms
from activation.client.verdicts import Decided
from activation.obligations.plan import OutputPlan

ROWS_AT_ONCE = 65_536
"""Rows of a stream that are decided by one moment, and held in memory at once."""


class DecidesPeople(Protocol):
    """An `AccordantClient`, as far as the filter needs one."""

    @property
    def people(self) -> PeopleDecisions:
        """What decides many people by one moment."""
        ...


class BatchFilter:
    """Decides each person in a table once, from the client's snapshot, and applies the obligations of allows.

    What the snapshot cannot tell is denied: a filter asks no service. For any number of threads.
    """

    def __init__(
        self,
        client: DecidesPeople,
        *,
        purpose: str,
        destination: str,
        controller: str = "",
        subject_ref: str | None = None,
        identifiers: Mapping[str, str] | None = None,
        **terms: Unpack[Terms],
    ) -> None:
        """Take the question, and where a row says who it is about.

        `subject_ref` names the column of subject references; or `identifiers` names columns by the kind that
        they carry, as in `{"customer_id": "customer"}`. Where several are named, all that are given in a row
        must lead to one person.

        :raises ColumnsUnfit: if neither or both are named, or the client finds nobody by a kind.
        :raises TypeError: if there is a term that does not exist, or that only the service can keep.
        """
        read_question(purpose, destination, controller, terms)
        self._people, self._terms = client.people, terms
        self._asked_for = (purpose, destination, controller)
        self.columns: PersonColumns = person_columns(subject_ref, identifiers, client.people.kinds)

    def filter(self, data: Any) -> Filtered:
        """Return the rows that pass, all decided by one moment.

        A snapshot that is not fresh denies every row, with that reason: nothing rises.

        :raises NotATable: if `data` is none.
        :raises ColumnsUnfit: if its columns cannot tell who the rows are about.
        """
        table = take_table(data)
        self.columns.check(table.schema)
        asked = self._ask()
        plan = self._plan(table.schema, asked)
        ruling = self._rule(table, asked, plan)
        return Filtered(
            rows=give_back(keep_allowed(table, ruling, plan, at_once=ROWS_AT_ONCE), data),
            allowed=ruling.allowed,
            reasons=ruling.reasons,
            summary=ruling.summary,
        )

    def filter_batches(self, data: Any, *, rows_at_once: int = ROWS_AT_ONCE) -> "FilteredBatches":
        """Return the rows that pass, batch by batch, in bounded memory: for what does not fit into it.

        Each batch is decided when it is asked for, by that moment: a withdrawal counts from the next one on.
        The columns are those that the policy asks for at the start; raises as `filter` does, a missing column
        at once and a malformed batch in its turn.
        """
        schema, batches = take_batches(data)
        self.columns.check(schema)
        return FilteredBatches(self, self._plan(schema, self._ask()), _cut(schema, batches, rows_at_once))

    def rule_now(self, table: pa.Table, plan: OutputPlan) -> Ruling:
        """Return what is decided of each row, by the moment of the call, for an output as planned."""
        return self._rule(table, self._ask(), plan)

    def _ask(self) -> Asked | str:
        """Return the question as of now, or the reason for which everybody is denied."""
        try:
            return self._people.open(*self._asked_for, self._terms)
        except NotDecidable as error:
            return error.code

    def _plan(self, schema: pa.Schema, asked: Asked | str) -> OutputPlan:
        return plan_for(schema, self.columns.identifiers, () if isinstance(asked, str) else asked.possible)

    def _rule(self, table: pa.Table, asked: Asked | str, plan: OutputPlan) -> Ruling:
        people, rows = self.columns.read(table)
        if not isinstance(asked, str):
            return rule_on(self._people.decide(asked, people), rows, plan)
        nobody = Decided()
        nobody.deny_up_to(len(people), asked)
        return rule_on(nobody, rows, plan)


class FilteredBatches:
    """The rows of a stream that pass, to be read once. `summary` tells of what was read so far."""

    def __init__(self, asks: BatchFilter, plan: OutputPlan, tables: Iterator[pa.Table]) -> None:
        self._filter, self._plan, self._tables = asks, plan, tables
        self.schema: pa.Schema = plan.schema
        self.summary = Summary()

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows that pass, in the order given, in batches that are not empty."""
        for table in self._tables:
            ruling = self._filter.rule_now(table, self._plan)
            self.summary.add(ruling.summary)
            yield from keep_allowed(table, ruling, self._plan, at_once=table.num_rows).to_batches()

    def reader(self) -> pa.RecordBatchReader:
        """Return the batches as a reader of Arrow's own."""
        return pa.RecordBatchReader.from_batches(self.schema, iter(self))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand the batches to another library."""
        return self.reader().__arrow_c_stream__(requested_schema)


def _cut(schema: pa.Schema, batches: Iterator[pa.RecordBatch], rows_at_once: int) -> Iterator[pa.Table]:
    for batch in batches:
        for start in range(0, batch.num_rows, rows_at_once):
            yield pa.Table.from_batches([batch.slice(start, rows_at_once)], schema)
