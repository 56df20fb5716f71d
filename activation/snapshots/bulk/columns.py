"""The columns of the file, and what its footer says. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import msgspec
import pyarrow as pa

from activation.snapshots.bulk.lenses import BASE, MOST_BIRTHS, MOST_ENDS, MOST_YESES, LensShape, lens_of
from activation.snapshots.compact.tokens import read_token

FORMAT = "accordant/people/1"
FOOTER = b"accordant"
"""The key of the footer's entry."""
REF, WHOLE = "ref", "whole"
BIRTHS = [f"b{number}" for number in range(MOST_BIRTHS)]
FACT_ENDS = [f"f{number}" for number in range(MOST_ENDS)]
_MOMENT = pa.timestamp("us")


class UnreadablePeople(Exception):
    """The file is none of ours, or of another format: make it again."""


def code_column(lens: int) -> str:
    """Return the column of the lens's shapes."""
    return f"c{lens}"


def yes_columns(lens: int) -> list[str]:
    """Return the columns of when something was granted for exactly the lens's purpose."""
    return [f"y{lens}_{number}" for number in range(MOST_YESES)]


def end_columns(lens: int) -> list[str]:
    """Return the columns of when choices end by their own date."""
    return [f"e{lens}_{number}" for number in range(MOST_ENDS)]


def schema_of(lenses: int) -> pa.Schema:
    """Return the columns of a file with so many lenses. Times are in UTC, and need not say so."""
    fields = [pa.field(REF, pa.string(), nullable=False), pa.field(WHOLE, pa.binary())]
    fields += [pa.field(name, pa.date32()) for name in BIRTHS]
    fields += [pa.field(name, _MOMENT) for name in FACT_ENDS]
    for lens in range(lenses):
        fields.append(pa.field(code_column(lens), pa.int32()))
        fields += [pa.field(name, _MOMENT) for name in (*yes_columns(lens), *end_columns(lens))]
    return pa.schema(fields)


class Footer(msgspec.Struct, frozen=True, kw_only=True):
    """What the file says of itself. It names no person."""

    format: str
    watermark: int
    """Size of the ledger that the states rest on: what came later may be missing."""
    last_hash: str
    """The leaf hash, in hex, of the last entry: by it the ledger is known again."""
    complete_at: datetime
    """By the ledger's clock: all that was recorded until then is in the file."""
    identity: str
    """Which keys the blind indexes were made with when it was written, in hex."""
    people: int
    whole: int
    """How many of them are kept whole, and decided one by one."""
    lenses: list[str]
    spoken_of: list[str]
    """Every purpose that anybody's choice names."""
    tokens: list[list[Any]]
    shapes: list[list[tuple[list[int], list[int], list[int | None], list[int]]]]
    """By lens and code: the numbers of tokens, moments, references and ranks."""


@dataclass(frozen=True)
class Description:
    """A footer, ready to be looked things up in."""

    footer: Footer

    @classmethod
    def read(cls, metadata: Mapping[bytes, bytes] | None) -> "Description":
        """Return what a file's metadata says of it.

        :raises UnreadablePeople: if the file is none of ours.
        """
        try:
            footer = msgspec.json.decode((metadata or {})[FOOTER], type=Footer)
        except (KeyError, msgspec.DecodeError) as error:
            raise UnreadablePeople("the file of people is not one that this version wrote") from error
        if footer.format != FORMAT:
            raise UnreadablePeople("the file of people is of another version")
        return cls(footer)

    @classmethod
    def of_nobody(cls) -> "Description":
        """Return that of a file without people."""
        never = datetime.min.replace(tzinfo=UTC)
        return cls(
            Footer(
                format=FORMAT,
                watermark=0,
                last_hash="",
                complete_at=never,
                identity="",
                people=0,
                whole=0,
                lenses=[BASE],
                spoken_of=[],
                tokens=[],
                shapes=[[]],
            )
        )

    @cached_property
    def shapes(self) -> list[list[LensShape]]:
        """Every shape, by lens and code."""
        tokens = [read_token(row) for row in self.footer.tokens]
        return [
            [
                LensShape(tuple(tokens[one] for one in key[0]), tuple(key[1]), tuple(key[2]), tuple(key[3]))
                for key in shapes
            ]
            for shapes in self.footer.shapes
        ]

    def lens_of(self, purpose: str) -> int | None:
        """Return the number of the lens to see `purpose` through; None if there is none that shows it all."""
        found = lens_of(purpose, self.footer.lenses, self.footer.spoken_of)
        return None if found is None else self.footer.lenses.index(found)
