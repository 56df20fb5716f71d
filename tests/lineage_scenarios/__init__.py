"""What the events of OpenLineage's public compatibility tests tell, made into events again.

The facts are those of https://github.com/OpenLineage/compatibility-tests (Apache License 2.0), folder
`consumer/scenarios`; each file names which. They are kept in a form of our own: without the facets that say
nothing of datasets, which are sent here with a word in them.
"""

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_FACETS = "https://openlineage.io/spec/facets/"
_CORE = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/"
_SCHEMAS = {
    "schema": "1-1-1/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet",
    "symlinks": "1-0-1/SymlinksDatasetFacet.json#/$defs/SymlinksDatasetFacet",
    "columnLineage": "1-2-0/ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet",
    "outputStatistics": (
        "1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet"
    ),
    "parent": "1-0-1/ParentRunFacet.json#/$defs/ParentRunFacet",
    "ownership": "1-0-1/OwnershipJobFacet.json#/$defs/OwnershipJobFacet",
}
Data = dict[str, Any]


def load_scenario(name: str) -> list[Data]:
    """Return the events of the scenario `name`, in the order of its files."""
    told = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return [_Scenario(told["producer"]).event(one) for one in told["events"]]


class _Scenario:
    def __init__(self, producer: str) -> None:
        self.producer = producer

    def event(self, one: Data) -> Data:
        run_facets = {name: self._facet(name, told="a word") for name in one.get("other_run_facets", ())}
        if "parent" in one:
            run_id, namespace, name = one["parent"]
            run_facets["parent"] = self._facet(
                "parent", run={"runId": run_id}, job={"namespace": namespace, "name": name}
            )
        owners = [{"name": name} for name in one.get("owners", ())]
        job_facets = {"ownership": self._facet("ownership", owners=owners)} if owners else {}
        return {
            "eventTime": one["at"],
            "eventType": one["state"],
            "producer": self.producer,
            "schemaURL": f"{_CORE}RunEvent",
            "run": {"runId": one["run"], "facets": run_facets},
            "job": {"namespace": one["job"][0], "name": one["job"][1], "facets": job_facets},
            "inputs": [self._dataset(dataset) for dataset in one.get("inputs", ())],
            "outputs": [self._dataset(dataset) for dataset in one.get("outputs", ())],
        }

    def _dataset(self, one: Data) -> Data:
        facets: Data = {}
        if "columns" in one:
            fields = [{"name": name, "type": kind} for name, kind in one["columns"].items()]
            facets["schema"] = self._facet("schema", fields=fields)
        if "aliases" in one:
            identifiers = [
                dict(zip(("namespace", "name", "type"), alias, strict=True)) for alias in one["aliases"]
            ]
            facets["symlinks"] = self._facet("symlinks", identifiers=identifiers)
        if "lineage" in one:
            fields_of = {name: {"inputFields": _origins(told)} for name, told in one["lineage"].items()}
            shaped = {"dataset": _origins(one["shaped_by"])} if "shaped_by" in one else {}
            facets["columnLineage"] = self._facet("columnLineage", fields=fields_of, **shaped)
        measured = self._facet("outputStatistics", rowCount=one.get("rows"), size=one.get("size"))
        return {
            "namespace": one["namespace"],
            "name": one["name"],
            "facets": facets,
            **({"outputFacets": {"outputStatistics": measured}} if "rows" in one else {}),
        }

    def _facet(self, key: str, **members: Any) -> Data:
        schema = _FACETS + _SCHEMAS[key] if key in _SCHEMAS else f"{_CORE}RunFacet"
        told = {name: value for name, value in members.items() if value is not None}
        return {"_producer": self.producer, "_schemaURL": schema, **told}


def _origins(told: list[Any]) -> list[Data]:
    return [
        {
            "namespace": namespace,
            "name": name,
            "field": column,
            "transformations": [
                {"type": kind, "subtype": subtype, "masking": masking, "description": ""}
                for kind, subtype, masking in ways
            ],
        }
        for namespace, name, column, ways in told
    ]
