"""A Braze workspace that stands on loopback, with attributes or with a subscription group."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from activation.destinations.kinds import braze
from activation.destinations.kinds.interface import Delivery
from activation.destinations.kinds.row_forms import plain
from tests.conformance.harness import AUDIENCE, Fault, Harness, Reply, Rows, with_column, without_column
from tests.conformance.harness_webhook import ASKING, SURROUNDINGS
from tests.conformance.sample import SCHEMA
from tests.fakes.braze import API_KEY, FakeBraze
from tests.fakes.service import running

WRITTEN = {"note": "note", "orders": "order_count", "is_member": "is_member", "spent": "spent"}
GROUPS = {AUDIENCE: "group-1", "newsletter-readers": "group-2"}


class BrazeHarness(Harness):
    """What the workspace holds of an audience: the profiles with its attribute, or those in its group."""

    kind = braze.KIND
    surroundings = SURROUNDINGS
    atomic = False
    steps: ClassVar = ASKING
    removal_steps: ClassVar = ASKING

    finds_by = frozenset({"customer_id"})

    def __init__(self, service: FakeBraze, *, by_group: bool) -> None:
        self.service, self.by_group = service, by_group

    def settings(self) -> dict[str, Any]:
        return {
            "endpoint": self.service.url,
            "attributes": {} if self.by_group else WRITTEN,
            "left_out": [name for name in SCHEMA.names if self.by_group or name not in WRITTEN][1:],
            "subscription_groups": GROUPS if self.by_group else {},
            "create_profiles": True,
            "people_a_request": 4,
            "timeout_seconds": self.service.patience_for_it,
            "attempts": 2,
            "longest_wait_seconds": 0.0,
        }

    def secrets(self) -> dict[str, str]:
        return {"api_key": API_KEY}

    def reset(self) -> None:
        self.service.forget()

    def held(self, audience: str) -> Rows:
        assert self.service.complaints == []
        if self.by_group:
            states = self.service.groups.get(GROUPS[audience], {})
            return [{"external_id": who} for who, state in states.items() if state == "subscribed"]
        others = [f"audience_{name}" for name in GROUPS]
        return [
            {"external_id": who} | {name: value for name, value in profile.items() if name not in others}
            for who, profile in self.service.profiles.items()
            if profile.get(f"audience_{audience}") is True
        ]

    def expected(self, rows: Rows) -> Rows:
        texts: Rows = plain(pa.RecordBatch.from_pylist(rows, schema=SCHEMA)).to_pylist()
        written = {} if self.by_group else WRITTEN
        people = {
            row["customer_id"]: {"external_id": row["customer_id"]}
            | {name: row[column] for column, name in written.items() if row[column] is not None}
            for row in texts
            if row["customer_id"]
        }
        return list(people.values())  # told twice, a person is there once

    def broken(self, fault: Fault) -> AbstractContextManager[None]:
        return self.service.broken(fault)

    def disturb(self, *replies: Reply) -> bool:
        self.service.plan(*replies)
        return True

    def malformed_settings(self) -> Iterable[tuple[dict[str, Any], str]]:
        yield {"endpoint": "ftp://rest.braze.eu"}, "endpoint"
        yield {"identify_by": "phone"}, "identify_by"
        yield {"people_a_request": 76}, "people_a_request"
        yield {"attributes": {"note": "email"}}, "email"
        yield {"attributes": {"note": "_merge_objects"}}, "_merge_objects"
        yield {"attributes": {"note": "x", "orders": "x"}}, "x"
        yield {"attribute_prefix": ""}, "attribute_prefix"

    def unsuitable(self) -> Iterable[tuple[str, Delivery]]:
        delivery = self.delivery()
        yield "surprise", with_column(delivery, "surprise", pa.array(["x"] * delivery.rows))
        yield "external_id", without_column(delivery, "customer_id")


@contextmanager
def start(_: Path, *, by_group: bool) -> Iterator[Harness]:
    """Give a workspace."""
    with running(FakeBraze) as service:
        yield BrazeHarness(service, by_group=by_group)
