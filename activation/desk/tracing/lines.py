"""What a trace found, line by line: one form for files, whatever the line is about. Pure."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from activation.enforcement.membership.types import HeldMember
from activation.enforcement.presence.types import TracedRun
from activation.enforcement.suppression.reaching import TakenOut

COLUMNS = (
    "what",  # run | held | taken_out
    "at",
    "destination",
    "audience",
    "purpose",
    "controller",
    "outcome",
    "reasons",
    "trust",
    "run",
    "recorded_at",
    "enforced_at",
    "acknowledged_at",
)


def write_run(run: TracedRun) -> bytes:
    """Return the line of a run."""
    return _line(
        what="run",
        at=_moment(run.started_at),
        destination=run.destination,
        purpose=run.purpose,
        controller=run.controller,
        outcome=run.looked_up.presence.value,
        reasons=list(run.looked_up.reasons),
        trust=run.looked_up.trust.value if run.looked_up.trust else "",
        run=str(run.run_id),
    )


def write_held(held: HeldMember) -> bytes:
    """Return the line of a place where the person is held."""
    return _line(
        what="held",
        destination=held.holding.destination,
        audience=held.holding.audience,
        purpose=held.holding.purpose,
        controller=held.holding.controller,
        outcome="being sent" if held.is_sending else "held",
        trust="" if held.is_readable else "unreadable",
    )


def write_taken_out(taken_out: TakenOut) -> bytes:
    """Return the line of a place where the person was, or is to be, taken out."""
    return _line(
        what="taken_out",
        destination=taken_out.holding.destination,
        audience=taken_out.holding.audience,
        purpose=taken_out.holding.purpose,
        controller=taken_out.holding.controller,
        outcome=taken_out.state.value,
        reasons=[taken_out.reason],
        recorded_at=_moment(taken_out.recorded_at),
        enforced_at=_moment(taken_out.enforced_at),
        acknowledged_at=_moment(taken_out.ended_at),
    )


def to_csv(lines: Iterable[bytes]) -> Iterator[str]:
    """Yield the lines as rows of CSV behind their names."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for line in lines:
        row = json.loads(line)
        row["reasons"] = " ".join(row.get("reasons", ()))
        writer.writerow([row.get(column, "") for column in COLUMNS])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def to_json(lines: Iterable[bytes]) -> Iterator[str]:
    """Yield the lines as one JSON array."""
    before = "[\n"
    for line in lines:
        yield before + line.decode()
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _line(**row: object) -> bytes:
    return (
        json.dumps({name: value for name, value in row.items() if value not in ("", [], None)}).encode()
        + b"\n"
    )


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at else ""
