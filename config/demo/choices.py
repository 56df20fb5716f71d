"""The file of choices that the demo imports: generated, and the same each time on one day."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from config.demo.groups import Group
from config.demo.malformed import MALFORMED
from config.demo.people import make_person
from config.demo.purchases import list_totals
from config.demo.rows import list_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedSummary:
    """What a file of generated choices holds."""

    people_by_group: Mapping[Group, int]
    """All 23,570 customers; those of the group `unrecorded` are not in the file."""
    lines: int
    choices: int
    facts: int
    malformed_lines: tuple[int, ...]
    """Line numbers, from 1, of those that must be rejected; neither `choices` nor `facts` counts them."""


def write_choices(path: Path, as_of: datetime) -> GeneratedSummary:
    """Write the choices of all customers to `path` as NDJSON and return what is in it.

    All times lie before the start (UTC) of the day of `as_of`, which must be aware; two calls on one day
    write the same bytes.
    """
    day = as_of.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    people_by_group: Counter[Group] = Counter()
    told: Counter[str] = Counter()
    lines: list[str] = []
    for totals in list_totals():
        person = make_person(totals.customer_id)
        people_by_group[person.group] += 1
        for row in list_rows(person, totals, day=day):
            told.update(choices=len(row["choices"]), facts=len(row["facts"]))
            lines.append(json.dumps(row, separators=(",", ":")))
    _put_in_malformed(lines, day)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="ascii", newline="\n")
    return GeneratedSummary(
        people_by_group=people_by_group,
        lines=len(lines),
        choices=told["choices"],
        facts=told["facts"],
        malformed_lines=tuple(malformed.line for malformed in MALFORMED),
    )


def _put_in_malformed(lines: list[str], day: datetime) -> None:
    for malformed in MALFORMED:  # ascending, so each ends up at its own number
        lines.insert(malformed.line - 1, malformed.write(day=day))
