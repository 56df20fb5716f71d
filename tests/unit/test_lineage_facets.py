"""Our facets: their classes follow their schemas, and a published schema never changes."""

import hashlib
from importlib.resources import files

import attrs
import pytest
from jsonschema import Draft202012Validator
from openlineage.client.facet_v2 import BaseFacet

from lineage.facets.decision import AccordantDecisionRunFacet
from lineage.facets.event import AccordantEventRunFacet
from lineage.facets.processing import AccordantProcessingJobFacet
from lineage.facets.schemas import get_facet_keys, get_schemas
from lineage.facets.sealing import ProducerMissing
from tests.lineage_runs import DIGEST

OURS = [AccordantDecisionRunFacet, AccordantEventRunFacet, AccordantProcessingJobFacet]
PUBLISHED = {
    "1-0-0/AccordantDecisionRunFacet": "1a4d2ddbb784d79180eed6b592d5efaafe7ad642190a6e942bff9c876a7b8a92",
    "1-1-0/AccordantDecisionRunFacet": "f37da124a0e0f4011de55dba5670e5ed95de8796d6047076f60f4a3d1d00a887",
    "1-0-0/AccordantEventRunFacet": "bf3c34fd95f1340ee98e5726f91da94f40e39a6669b8c209ab20ce87f07540f6",
    "1-0-0/AccordantProcessingJobFacet": "e5a8a14ca1a8c7f41b7f1348898550a3e2f77b6bddd5084c2a6f30df6a05fab7",
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_schema_never_changes(name: str) -> None:
    text = (files("lineage.facets") / "accordant" / f"{name}.json").read_bytes()

    assert hashlib.sha256(text).hexdigest() == PUBLISHED[name], "make a new version in a new folder"


@pytest.mark.parametrize("facet", OURS)
def test_a_facet_class_has_exactly_the_fields_of_its_schema(facet: type[BaseFacet]) -> None:
    url = facet._get_schema()
    document, _, name = url.partition("#/$defs/")
    definition = get_schemas()[document]["$defs"][name]
    properties = definition["allOf"][1]["properties"]

    fields = {field.name for field in attrs.fields(facet)}
    required = {field.name for field in attrs.fields(facet) if field.default is attrs.NOTHING}

    assert fields == set(properties)
    assert required == set(definition["allOf"][1]["required"])
    assert url in get_facet_keys()


@pytest.mark.parametrize("url", sorted(get_schemas()))
def test_every_schema_is_a_valid_schema(url: str) -> None:
    Draft202012Validator.check_schema(get_schemas()[url])


def test_a_facet_is_frozen_and_names_its_schema() -> None:
    facet = AccordantEventRunFacet(eventId="1", producer="https://accordant.example/producer")

    assert facet._schemaURL == AccordantEventRunFacet._get_schema()
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        facet.eventId = "2"  # type: ignore[misc]  # the refusal is the point


def test_a_facet_without_a_producer_is_refused() -> None:
    with pytest.raises(ProducerMissing):
        AccordantDecisionRunFacet(
            policyVersion=1, policyDigest=DIGEST, purpose="p", destination="d", controller="c"
        )
