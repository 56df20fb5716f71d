"""The query: a tree of SQL that gives each row of an audience its outcome. Pure: it runs nothing.

DuckDB runs it as it stands; `sql(dialect=…)` writes it for another engine. It reads four relations:

`people`      the file of people
`outcomes`    which outcome a kind of state has, as the engine said
`exceptions`  the outcome of people who were decided one by one; it goes before what `people` says
`audience`    the rows: `row`, a number, and `person`, a subject reference or None
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from activation.decisions.view import LAST_TIME_ZONE
from activation.snapshots.bulk.columns import REF, WHOLE
from consent.kernel.periods import Period

NOBODY, STRANGER = 0, 1
"""The outcomes of rows that name nobody, and of those whose person is not on record."""
UNDECIDED, HELD_BACK = -1, -2
"""The outcomes of rows whose person's kind of state is not in `outcomes`: nothing may leave then; and of
those whose person is allowed under obligations that cannot be carried out, which no decision says."""
_BITS = 60
"""Bits of a whole number that both engines add without a sign."""


@dataclass(frozen=True, slots=True)
class TimeEnd:
    """What a time of the person's ends by: itself, a period later, or the birthday of an age."""

    column: str
    period: Period | None = None
    years: int | None = None

    def at(self) -> exp.Expression:
        """Return when it ends."""
        column: exp.Expression = exp.column(self.column)
        if self.years is not None:
            return _birthday(column, self.years)
        if self.period is None:
            return column
        if self.period.months:
            column = _add(column, self.period.months, "MONTH")
        return _add(column, self.period.days, "DAY") if self.period.days else column


def moment(at: datetime) -> exp.Expression:
    """Return an aware time as the columns write it: in UTC, without saying so."""
    text = at.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    return exp.cast(exp.Literal.string(text), exp.DataType.Type.TIMESTAMPNTZ)


def key_columns(codes: Sequence[str], watches: Sequence[TimeEnd]) -> list[str]:
    """Return the columns that tell kinds of state apart: each lens's code, and what has passed."""
    return [*codes, *(f"p{number}" for number in range(-(-len(watches) // _BITS)))]


def kinds_of_state(
    codes: Sequence[str], watches: Sequence[TimeEnd], times: Sequence[str], at: datetime
) -> exp.Select:
    """Return the query for every kind of state there is, with the times of one person of that kind."""
    keys = key_columns(codes, watches)
    example = exp.func("ANY_VALUE", exp.Struct(expressions=[_named(name) for name in times]))
    states = _states(codes, watches, times, at).subquery("states")
    return exp.select(*keys, exp.alias_(example, "example")).from_(states).group_by(*keys)


def decided_rows(
    codes: Sequence[str],
    watches: Sequence[TimeEnd],
    ends: Sequence[TimeEnd],
    at: datetime,
    carried: Sequence[str],
) -> exp.Select:
    """Return the query for `outcome` and `valid_until` of every row, beside its columns `carried`."""
    keys = key_columns(codes, watches)
    times = sorted({end.column for end in ends})
    same = [exp.EQ(this=exp.column(key, "states"), expression=exp.column(key, "outcomes")) for key in keys]
    from_file = (
        exp.select(
            exp.column(REF, "states"),
            _or_else(exp.column("outcome", "outcomes"), UNDECIDED).as_("outcome"),
            _first_end(ends).as_("valid_until"),
        )
        .from_(_states(codes, watches, times, at).subquery("states"))
        .join("outcomes", on=exp.and_(*same), join_type="left")
    )
    decided = exp.union(
        from_file, exp.select(REF, "outcome", "valid_until").from_("exceptions"), distinct=False
    )
    named = exp.column("person", "audience")
    no_answer = (
        exp.case().when(named.is_(exp.null()), exp.Literal.number(NOBODY)).else_(exp.Literal.number(STRANGER))
    )
    return (
        exp.select(
            *(exp.column(name, "audience") for name in carried),
            exp.func("COALESCE", exp.column("outcome", "decided"), no_answer).as_("outcome"),
            exp.column("valid_until", "decided"),
        )
        .with_("decided", as_=decided)
        .from_("audience")
        .join(
            "decided", on=exp.EQ(this=named.copy(), expression=exp.column(REF, "decided")), join_type="left"
        )
    )


def _states(
    codes: Sequence[str], watches: Sequence[TimeEnd], times: Iterable[str], at: datetime
) -> exp.Select:
    """Return whom the file alone decides, each with the kind of their state."""
    columns = dict.fromkeys([*codes, *times])
    told = exp.select("ref").from_("exceptions")
    return (
        exp.select(REF, *columns, *_passed(watches, at))
        .from_("people")
        .where(exp.column(WHOLE).is_(exp.null()), exp.not_(exp.column(REF).isin(query=told)))
    )


def _passed(watches: Sequence[TimeEnd], at: datetime) -> Iterable[exp.Expr]:
    """Yield whole numbers whose bits say which of the watches are over at `at`."""
    for number, start in enumerate(range(0, len(watches), _BITS)):
        bits = [
            exp.case()
            .when(exp.LTE(this=watch.at(), expression=moment(at)), exp.Literal.number(1 << place))
            .else_(exp.Literal.number(0))
            for place, watch in enumerate(watches[start : start + _BITS])
        ]
        total: exp.Expression = bits[0]
        for bit in bits[1:]:
            total = exp.Add(this=total, expression=bit)
        yield exp.cast(total, exp.DataType.Type.BIGINT).as_(f"p{number}")


def _first_end(ends: Sequence[TimeEnd]) -> exp.Expr:
    fixed: exp.Expression = exp.column("fixed_end", "outcomes")
    owed = [
        exp.case().when(exp.column(f"u{number}", "outcomes"), end.at()) for number, end in enumerate(ends)
    ]
    return exp.func("LEAST", *owed, fixed) if owed else fixed


def _birthday(born: exp.Expression, years: int) -> exp.Expression:
    """Return when somebody born then has been so many years old everywhere on Earth; 29 February waits."""
    day = exp.cast(_add(born, 12 * years, "MONTH"), exp.DataType.Type.DATE)
    is_early = exp.LT(this=exp.func("DAY", day), expression=exp.func("DAY", born.copy()))
    day_after = exp.cast(_add(day.copy(), 1, "DAY"), exp.DataType.Type.DATE)
    due = exp.case().when(is_early, day_after).else_(day.copy())
    hours = LAST_TIME_ZONE.seconds // 3600
    return _add(exp.cast(due, exp.DataType.Type.TIMESTAMPNTZ), hours, "HOUR")


def _add(value: exp.Expression, count: int, unit: str) -> exp.Expression:
    interval = exp.Interval(this=exp.Literal.string(str(count)), unit=exp.var(unit))
    return exp.paren(exp.Add(this=value, expression=interval))


def _or_else(value: exp.Expr, otherwise: int) -> exp.Expr:
    return exp.func("COALESCE", value, exp.Literal.number(otherwise))


def _named(name: str) -> exp.Expression:
    return exp.PropertyEQ(this=exp.to_identifier(name), expression=exp.column(name))
