"""Members of the tests' own, and what a holding has of them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from activation.enforcement.membership import queries, services
from activation.enforcement.membership.gathering import Gathered, gather
from activation.enforcement.membership.keys import keys_of_stranger, to_key
from activation.enforcement.membership.told import name_told
from activation.enforcement.membership.types import Member
from activation.snapshots.bulk.query import STRANGER
from activation.snapshots.bulk.running import Duck
from consent.subjects.types import Identifier, IdentifierKind

JULY_1 = datetime(2026, 7, 1, tzinfo=UTC)
AUGUST_1 = datetime(2026, 8, 1, tzinfo=UTC)
HOLDING = {"destination": "ads", "audience": "out", "purpose": "advertising.audience", "controller": "shop"}
EMAIL, COOKIE, CUSTOMER = IdentifierKind.EMAIL, IdentifierKind.COOKIE_ID, IdentifierKind.CUSTOMER_ID
WORLD = "w" * 64
_DENIED, _ALLOWED = 0, 2
Rows = Sequence[dict[str, Any]]


def make_member(ref: str, email: str = "", ends_at: datetime | None = None) -> Member:
    """Return somebody on record."""
    return Member(ref=ref, identifiers={EMAIL: (email,)} if email else {}, ends_at=ends_at)


def make_stranger(*identifiers: tuple[IdentifierKind, str]) -> Member:
    """Return somebody who leads to nobody, called by all of these."""
    numbers = keys_of_stranger(Identifier(kind, value) for kind, value in identifiers)
    told = {kind: (value,) for kind, value in identifiers}
    return Member(ref="", identifiers=told, keys=tuple(map(to_key, numbers)))


def hold(*members: Member, world: str = WORLD, audience: str = "out") -> int:
    """Let the tests' destination hold these, in a segment of their own, and return the holding."""
    holding_id = services.add_members(
        destination="ads",
        audience=audience,
        purpose="advertising.audience",
        controller="shop",
        members=members,
        world=world,
    )
    assert holding_id is not None
    return holding_id


def list_refs(holding_id: int) -> list[str]:
    """Return who is held, by reference, in order."""
    return sorted(member.ref for member in queries.read_members(holding_id))


def gather_rows(duck: Duck, rows: Rows, folder: Path, kinds: Sequence[IdentifierKind] = (EMAIL,)) -> Gathered:
    """Gather who is in rows: each has `person`, and may have `until`, `denied`, `keys` and identifiers."""
    until = [row.get("until") for row in rows]
    decided = {
        "row": pa.array(range(len(rows)), pa.int64()),
        "person": pa.array([row["person"] for row in rows], pa.string()),
        "keys": pa.array([row.get("keys") for row in rows], pa.list_(pa.uint64())),
        "canary": pa.array([row.get("canary") for row in rows], pa.int32()),
        "outcome": pa.array([_outcome(row) for row in rows], pa.int32()),
        "valid_until": pa.array([one and one.replace(tzinfo=None) for one in until], pa.timestamp("us")),
    }
    duck.give("decided_rows", pa.table(decided))
    duck.do("CREATE OR REPLACE TEMP TABLE decided AS SELECT * FROM decided_rows")
    verdicts = {"outcome": pa.array(range(3), pa.int32()), "allowed": [False, True, True]}
    duck.give("verdicts", pa.table(verdicts))
    told = {name_told(kind): pa.array([row.get(kind) for row in rows], pa.string()) for kind in kinds}
    parquet.write_table(pa.table({"row": decided["row"], **told}), folder / "told.parquet")
    return gather(
        duck,
        told=folder / "told.parquet",
        columns={kind: kind.value for kind in kinds},
        has_strangers=True,
        stranger_until=JULY_1,
    )


def _outcome(row: dict[str, Any]) -> int:
    if row.get("denied"):
        return _DENIED
    return STRANGER if row["person"] == "" else _ALLOWED
