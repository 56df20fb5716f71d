"""Where to look for whom a breach reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from activation.desk.tracing.reach.datasets import find_dataset
from activation.desk.tracing.types import BreachQuestion, BreachScope, Channel, RunReached
from activation.enforcement.membership.reaching import count_reached, list_holdings_begun
from activation.enforcement.membership.types import Held
from activation.enforcement.presence.reached import SentRun, list_sent_runs
from activation.enforcement.suppression.reaching import count_left


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where to look, and about how much there is to look at."""

    channels: Sequence[Channel]
    """Each once; what is found says by its place here how it was found."""
    destinations: Sequence[str]
    holdings: Sequence[Held]
    runs: Sequence[RunReached]
    categories: Sequence[str] | None = None
    """Those of the dataset, if it says so. None: those of the channels."""
    held: int = 0
    left: int = 0
    goes_on_to: Sequence[str] = ()
    """Destinations that the dataset's data goes on to. Who is held there is not looked at."""
    streams: int = 0
    """Runs of streams that read or wrote the dataset: they leave no evidence."""
    unknown: Mapping[str, int] = field(default_factory=dict)
    """What lineage cannot tell of the dataset, counted."""

    def place_of(self, channel: Channel) -> int:
        """Return where a channel stands."""
        return self.channels.index(channel)


def plan_reach(question: BreachQuestion) -> Plan:
    """Return where to look for whom the breach reached.

    :raises DatasetUnknown: if there is no such dataset.
    """
    if question.scope is BreachScope.DESTINATION:
        sent = list_sent_runs(destination=question.name, since=question.since, until=question.until)
        return _lay_out(question, [question.name], [reach_of(run, reads=False) for run in sent])
    dataset = find_dataset(question.name, since=question.since, until=question.until)
    plan = _lay_out(question, (), dataset.runs, dataset.categories)
    return replace(plan, goes_on_to=dataset.goes_on_to, streams=dataset.streams, unknown=dataset.unknown)


def _lay_out(
    question: BreachQuestion,
    destinations: Sequence[str],
    runs: Sequence[RunReached],
    categories: Sequence[str] | None = None,
) -> Plan:
    until = question.until
    holdings = [one for slug in destinations for one in list_holdings_begun(destination=slug, until=until)]
    channels = dict.fromkeys([*map(channel_of, holdings), *(run.channel for run in runs)])
    return Plan(
        channels=list(channels),
        destinations=destinations,
        holdings=holdings,
        runs=runs,
        categories=categories,
        held=sum(count_reached(destination=slug, until=until) for slug in destinations),
        left=sum(count_left(destination=slug, since=question.since, until=until) for slug in destinations),
    )


def channel_of(held: Held) -> Channel:
    """Return what a holding is reached through."""
    return Channel(destination=held.destination, purpose=held.purpose, controller=held.controller)


def reach_of(run: SentRun, *, reads: bool) -> RunReached:
    """Return a run as a breach looks at it."""
    channel = Channel(destination=run.destination, purpose=run.purpose, controller=run.controller)
    return RunReached(run_id=run.run_id, channel=channel, reads=reads)
