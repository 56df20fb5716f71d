"""Figures as files: CSV that is safe to open in a spreadsheet, and JSON with a published schema. Pure."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from consent.kernel.spreadsheets import BYTE_ORDER_MARK, disarm
from consent.requests.figures.types import (
    CaliforniaFigures,
    CaliforniaRow,
    Duration,
    GroundCount,
    SummaryFigures,
    SummaryRow,
)
from consent.requests.types import RefusalGround

Figures = CaliforniaFigures | SummaryFigures
Row = Mapping[str, str]
_TITLES = {
    CaliforniaFigures: "Metrics of requests under 11 CCR 7102(a)",
    SummaryFigures: "How data subject requests went within a period",
}


def write_json(figures: Figures) -> bytes:
    """Return the figures as JSON, in the order of their fields. Days are numbers with one decimal."""
    return msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n"


def figures_schema(kind: type[Figures]) -> dict[str, Any]:
    """Return the JSON Schema of the JSON that `write_json` gives.

    New fields may be added: pass over what you do not know.
    """
    _, parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": _TITLES[kind],
        "$ref": f"#/$defs/{kind.__name__}",
        "$defs": parts,
    }


def write_csv(figures: Figures) -> bytes:
    """Return the figures as CSV (RFC 4180) in UTF-8, safe to open in a spreadsheet."""
    rows = list(
        _california_rows(figures) if isinstance(figures, CaliforniaFigures) else _summary_rows(figures)
    )
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows({name: disarm(value) for name, value in row.items()} for row in rows)
    return (BYTE_ORDER_MARK + file.getvalue()).encode()


def _california_rows(figures: CaliforniaFigures) -> Iterator[Row]:
    for row in figures.rows:
        yield {
            "year": str(figures.year),
            "jurisdiction": figures.jurisdiction,
            "controller": figures.controller or "all",
            "kind": row.kind,
            **_counts(row, ("received", "complied", "complied_in_part", "denied", "never_verified")),
            **_counts(row, ("taken_back", "pending")),
            **_duration(row.duration),
            **_grounds("denied", row.denied_by_ground),
            "generated_at": figures.generated_at.isoformat(),
        }


def _summary_rows(figures: SummaryFigures) -> Iterator[Row]:
    sets = {
        "total": (figures.total,),
        "type": figures.by_type,
        "controller": figures.by_controller,
        "jurisdiction": figures.by_jurisdiction,
    }
    for by, rows in sets.items():
        for row in rows:
            yield {
                "since": figures.since.isoformat(),
                "until": figures.until.isoformat(),
                "jurisdiction": figures.jurisdiction or "all",
                "controller": figures.controller or "all",
                "by": by,
                "name": row.name or "to be decided",
                **_counts(row, _SUMMARY_COUNTS),
                **_duration(row.duration),
                **_grounds("refused", row.refused_by_ground),
                "generated_at": figures.generated_at.isoformat(),
            }


_SUMMARY_COUNTS = (
    "received",
    "closed",
    "answered",
    "fulfilled",
    "partly_fulfilled",
    "refused",
    "in_time",
    "late",
    "extended",
    "expired",
    "cancelled",
    "pending",
    "pending_overdue",
)


def _counts(row: CaliforniaRow | SummaryRow, names: Iterable[str]) -> Row:
    return {name: str(getattr(row, name)) for name in names}


def _duration(duration: Duration) -> Row:
    return {
        "median_days": "" if duration.median_days is None else str(duration.median_days),
        "mean_days": "" if duration.mean_days is None else str(duration.mean_days),
    }


def _grounds(prefix: str, counts: Iterable[GroundCount]) -> Row:
    """Return a column for each ground there is, so that files of different years have the same columns."""
    found = {one.ground: one.count for one in counts}
    return {f"{prefix}_{ground.value}": str(found.get(ground, 0)) for ground in RefusalGround}
