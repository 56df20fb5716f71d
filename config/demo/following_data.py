"""The story's chapter on lineage: where the data went, for one customer, and by which way around us."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from activation.desk import queries, services
from activation.desk.tracing.types import Access
from config.demo.calls import Api
from config.demo.evidence import StoryFailed, wait_for
from config.demo.stage import get_officers
from config.demo.telling import Teller
from consent.subjects.types import Identifier, IdentifierKind
from lineage.events.naming import DatasetName, local_file
from lineage.graph import queries as graph
from lineage.graph import services as lineage
from lineage.graph.types import PathKind, UngatedPath
from lineage.leases.waking import wake

PARTNER = DatasetName("s3://partner-drop", "customers.parquet")
_PRODUCER = "https://airflow.example/openlineage"
_SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_OWNERSHIP = "https://openlineage.io/spec/facets/1-0-1/OwnershipJobFacet.json"


def follow(audience: Path, customer_id: str, api: Api, *, at: datetime, teller: Teller) -> dict[str, Any]:
    """Have another system tell what it did with `audience`, and show who got the data, allowed or not.

    :raises StoryFailed: if the graph does not show it.
    """
    teller.say("The shop's Airflow tells of a job of its own: POST /api/v1/lineage/batch.")
    answers = api.post("/api/v1/lineage/batch", _tell_copy(audience, at))
    if answers["taken"] != 2:
        raise StoryFailed(f"lineage was refused: {answers}")
    lineage.set_boundary(
        namespace=PARTNER.namespace,
        is_outside=True,
        owner="team:growth",
        note="A partner's.",
        by="ben",
        at=at,
    )
    wake("lineage.load_graph")
    path = wait_for(lambda: _find_path(PARTNER), fault="the graph does not show the path: does a worker run?")
    teller.say("The radar finds a way around every enforcement:")
    teller.say("  " + "  →  ".join(Path(node.name).name for node in path.nodes))
    teller.say(f"  owner: {', '.join(path.owners)}; no run of ours stands on it.")
    runs = trace(customer_id, at=at, teller=teller)
    return {"ungated_paths": graph.count_ungated_paths(), "traced_runs": runs}


def trace(customer_id: str, *, at: datetime, teller: Teller) -> dict[str, int]:
    """Look a customer up in the evidence of the runs there were, and return what became of them, counted."""
    _, officer = get_officers()
    report_id = services.begin_trace(
        identifier=Identifier(IdentifierKind.CUSTOMER_ID, customer_id),
        access=Access.AUDIT,
        reason="the story",
        officer_id=officer.pk,
        at=at,
    )
    page = queries.list_traced_runs(report_id=report_id, officer_id=officer.pk, at=at, limit=25)
    teller.say(f"Ben traces customer {customer_id}; that he did is in the ledger, about whom is not.")
    counted: dict[str, int] = {}
    for run in page.runs:
        presence = run.looked_up.presence.value
        counted[presence] = counted.get(presence, 0) + 1
        reasons = f" ({', '.join(run.looked_up.reasons)})" if run.looked_up.reasons else ""
        teller.say(f"  {run.started_at:%H:%M:%S}  {run.purpose} to {run.destination}: {presence}{reasons}")
    return counted


def _tell_copy(audience: Path, at: datetime) -> list[dict[str, Any]]:
    """Return START and COMPLETE of a job that copies the audience to a partner, as Airflow sends them."""
    run_id, source = str(uuid4()), local_file(audience)
    owners = {"_producer": _PRODUCER, "_schemaURL": f"{_OWNERSHIP}#/$defs/OwnershipJobFacet"}
    job = {
        "namespace": "airflow://shop",
        "name": "nightly.copy_to_partner",
        "facets": {"ownership": owners | {"owners": [{"name": "team:growth", "type": "OWNER"}]}},
    }
    return [
        {
            "eventType": state,
            "eventTime": moment.isoformat(),
            "run": {"runId": run_id},
            "job": job,
            "inputs": [{"namespace": source.namespace, "name": source.name}],
            "outputs": [{"namespace": PARTNER.namespace, "name": PARTNER.name}],
            "producer": _PRODUCER,
            "schemaURL": _SCHEMA,
        }
        for state, moment in (("START", at - timedelta(minutes=1)), ("COMPLETE", at))
    ]


def _find_path(target: DatasetName) -> UngatedPath | None:
    page = graph.list_ungated_paths(kind=PathKind.UNGATED, limit=100)
    return next((path for path in page.paths if path.nodes[-1].name == target.name), None)
