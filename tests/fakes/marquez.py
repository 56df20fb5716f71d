"""A backend that takes OpenLineage by HTTP, as Marquez does, and says what is wrong with what it is sent."""

import gzip
import json
from typing import Any

from lineage.facets.validation import check_event
from tests.fakes.service import Asked, FakeService, Rejected, Reply, need

ENDINGS = frozenset({"COMPLETE", "FAIL", "ABORT"})


class FakeMarquez(FakeService):
    """Keeps each event once, by its id, in the order in which they came."""

    def __init__(self, *, endpoint: str = "/api/v1/lineage", api_key: str = "") -> None:
        super().__init__()
        self.endpoint = endpoint
        self.api_key = api_key
        self.events: dict[str, Any] = {}
        self.refused_runs: set[str] = set()
        """Of these it takes no event as it is."""

    def answer(self, asked: Asked) -> Reply:
        """Take an event: a valid one, in the order of its run, the same whenever it comes again."""
        need((asked.method, asked.path) == ("POST", self.endpoint), "address", 404)
        if self.api_key:
            need(asked.headers.get("authorization") == f"Bearer {self.api_key}", "key", 401)
        event = _read(asked)
        need(not (faults := check_event(event)), faults)
        if event["run"]["runId"] in self.refused_runs:
            return Reply(422, {"error": "a refused run"})
        self._keep(event)
        return Reply(201, {})

    def forget(self) -> None:
        """Be well, and hold nothing."""
        super().forget()
        self.events.clear()

    def kinds_of(self, run_id: object) -> list[str]:
        """Return the transitions of a run that came, in their order."""
        return [event["eventType"] for event in self.events.values() if event["run"]["runId"] == str(run_id)]

    def _keep(self, event: Any) -> None:
        event_id = event["run"]["facets"]["accordant_event"]["eventId"]
        if event_id in self.events:
            need(self.events[event_id] == event, "another event under the same id")
            return
        before = self.kinds_of(event["run"]["runId"])
        starts = event["eventType"] == "START"
        need(starts is (not before), "START comes first, and once")
        need(not ENDINGS.intersection(before), "nothing comes after the end of a run")
        self.events[event_id] = event


def _read(asked: Asked) -> Any:
    if asked.headers.get("content-encoding") != "gzip":
        return asked.json()
    try:
        return json.loads(gzip.decompress(asked.body))
    except (OSError, ValueError) as error:
        raise Rejected(400, {"error": str(error)}) from None
