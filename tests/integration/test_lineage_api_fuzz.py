"""Events that the OpenAPI document allows, and ones it forbids: none is answered with a 5xx."""

import pytest
import schemathesis
from schemathesis import GenerationMode

from activation.checks.types import Scope
from config.launch.checks import OPENAPI
from lineage.graph import services
from tests.api_fuzzing import fuzz
from tests.checks_world import caller

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/api/v1/lineage", "/api/v1/lineage/batch"])
@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
def test_no_event_is_answered_with_an_error_of_ours(path: str, mode: GenerationMode) -> None:
    operation = schemathesis.openapi.from_path(OPENAPI)[path]["post"]

    fuzz(caller(Scope.LINEAGE_WRITE), operation, mode, examples=40)

    services.load(limit=1000)
