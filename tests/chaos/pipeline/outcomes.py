"""What a schedule left, in figures."""

from collections.abc import Collection
from dataclasses import asdict, dataclass

from tests.chaos.pipeline.outbox import Planned
from tests.chaos.pipeline.receiver import Effect, Receiver, count_doubled, count_out_of_order


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the suppressions of one destination."""

    planned: int
    undelivered: int
    """That the destination never took, whatever we believe."""
    unacknowledged: int
    """That the destination took or not, and of which we believe that it did not."""
    out_of_order: int
    doubled: int
    changed_keys: int
    """Keys under which something else came the second time."""
    complaints: int

    def row(self) -> dict[str, int]:
        """Return the figures by name."""
        return asdict(self)


def measure(planned: Collection[Planned], receiver: Receiver, unacknowledged: int) -> Outcome:
    """Return what became of these, which were planned for the receiver."""
    effects: list[Effect] = list(receiver.effects)
    done = {(one.subject, one.number) for one in effects}
    return Outcome(
        planned=len(planned),
        undelivered=sum((one.subject, one.number) not in done for one in planned),
        unacknowledged=unacknowledged,
        out_of_order=count_out_of_order(effects),
        doubled=count_doubled(effects),
        changed_keys=len(receiver.changed),
        complaints=len(receiver.complaints),
    )


def show(outcomes: dict[str, Outcome]) -> str:
    """Return a table of outcomes by name."""
    names = list(next(iter(outcomes.values())).row())
    lines = [
        f"| {'':<44} | {' | '.join(names)} |",
        f"|{'-' * 46}|{'|'.join('-' * (len(n) + 2) for n in names)}|",
    ]
    for title, outcome in outcomes.items():
        cells = " | ".join(f"{value:>{len(name)}}" for name, value in outcome.row().items())
        lines.append(f"| {title:<44} | {cells} |")
    return "\n".join(lines) + "\n"
