"""Withdrawals: how long they took to be done at every destination, and which ones are not done in time."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings

from activation.desk.home.addresses import address_of, count_of, say_count
from activation.desk.home.types import Advice, Asked, Cell, Need, Panel, Table, Tone
from activation.destinations.queries import get_register
from activation.enforcement.suppression.admin.wording import tell_duration, tell_seconds
from activation.enforcement.suppression.clocks import Quantiles, Span, count_unfinished, measure_all
from activation.enforcement.suppression.finding.queries import get_following
from activation.enforcement.suppression.finding.types import Following

PERMISSIONS = ("activation_enforcement.view_suppression",)
MOST_SHOWN = 12
MOST_MEASURED = 10_000
"""Of each destination, so many suppressions of the last day are measured at most: the latest."""
STANDS_STILL = timedelta(minutes=1)
_LIST = "activation_enforcement_suppression_changelist"
_PAGE = "activation_enforcement_suppression_withdrawals"
_NOTHING = {"waiting": 0, "parked": 0, "overdue": 0}
_Counts = Mapping[str, Mapping[str, int]]


def lay_out(asked: Asked) -> Panel:
    """Return the panel."""
    counts, following = count_unfinished(), get_following()
    slugs = sorted({*get_register(), *counts}, key=lambda one: (-_of(counts, one)["overdue"], one))
    clocks = measure_all(slugs[:MOST_SHOWN], "day", most=MOST_MEASURED)
    totals = {name: sum(_of(counts, slug)[name] for slug in slugs) for name in _NOTHING}
    return Panel(
        key="withdrawals",
        title="Withdrawals at destinations",
        address=address_of(_PAGE),
        wide=True,
        sentence=f"A no is due at every destination that holds the person within"
        f" {tell_duration(settings.PULL_THROUGH_DUE)}.",
        figures=(
            count_of("Overdue", totals["overdue"], address_of(_LIST, due="overdue"), tone=Tone.WRONG),
            count_of("Parked", totals["parked"], address_of(_LIST, state__exact="parked"), tone=Tone.WRONG),
            count_of("Waiting", totals["waiting"], address_of(_LIST, state__exact="waiting")),
            count_of("Ledger entries not followed yet", following.behind, address_of(_PAGE)),
        ),
        tables=(_tabulate(slugs[:MOST_SHOWN], counts, clocks, hidden=len(slugs[MOST_SHOWN:])),)
        if slugs
        else (),
        needs=tuple(_list_needs(totals, following, asked.at, is_used=bool(slugs))),
        advice=None if slugs else _ADVICE,
    )


_ADVICE = Advice("No destination is registered yet: nothing leaves this house.")


def _list_needs(
    totals: Mapping[str, int], following: Following, at: datetime, *, is_used: bool
) -> Iterator[Need]:
    if overdue := totals["overdue"]:
        words = say_count(overdue, "withdrawal is overdue at a destination", "withdrawals are overdue")
        yield Need(words, address_of(_LIST, due="overdue"))
    if parked := totals["parked"]:
        words = say_count(
            parked, "withdrawal is refused by a destination", "withdrawals are refused by destinations"
        )
        yield Need(words, address_of(_LIST, state__exact="parked"))
    if is_used and following.behind and not following.is_begun:
        yield Need("Withdrawals are not followed: run_follower was never started", address_of(_PAGE))
    if stands_still(following, at):
        yield Need("Withdrawals are not followed: run_follower does not work", address_of(_PAGE))


def stands_still(following: Following, at: datetime) -> bool:
    """Return whether there is something to follow and nobody did for a while."""
    if not following.behind:
        return False
    return following.moved_at is not None and at - following.moved_at > STANDS_STILL


def _tabulate(slugs: Sequence[str], counts: _Counts, clocks: Mapping[str, Span], *, hidden: int) -> Table:
    more = f"; {hidden:,} more on the page on withdrawals" if hidden else ""
    return Table(
        caption=f"By destination, in the last day: half took at most the first time, all but 1 in 100 at most"
        f" the second{more}",
        headers=("Destination", "Overdue", "Parked", "Waiting", "Done", "To enforced", "To acknowledged"),
        rows=tuple(tuple(_row(slug, _of(counts, slug), clocks[slug])) for slug in slugs),
    )


def _row(slug: str, counts: Mapping[str, int], clock: Span) -> Iterator[Cell]:
    yield Cell(slug, address_of(_LIST, destination__exact=slug))
    for name, asked in (
        ("overdue", {"due": "overdue"}),
        ("parked", {"state__exact": "parked"}),
        ("waiting", {"state__exact": "waiting"}),
    ):
        count, address = counts[name], address_of(_LIST, destination__exact=slug, **asked)
        yield Cell(f"{count:,}", address, Tone.WRONG if count and name != "waiting" else Tone.CALM)
    done = f"{clock.ended:,}" if clock.ended < MOST_MEASURED else f"{MOST_MEASURED:,} or more"
    yield Cell(done)
    yield Cell(_pair(clock.recorded_to_enforced))
    yield Cell(_pair(clock.recorded_to_acknowledged))


def _pair(quantiles: Quantiles) -> str:
    if quantiles.p50 is None:
        return "-"
    return f"{tell_seconds(quantiles.p50)} / {tell_seconds(quantiles.p99)}"


def _of(counts: _Counts, slug: str) -> Mapping[str, int]:
    return counts.get(slug, _NOTHING)
