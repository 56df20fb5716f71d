"""Events that the OpenAPI document allows, and ones it forbids: none is answered with a 5xx."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import response_schema_conformance

from activation.checks.types import Scope
from config.launch.checks import OPENAPI
from lineage.graph import services
from tests.checks_world import caller
from tests.integration.test_check_api_fuzz import send

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/api/v1/lineage", "/api/v1/lineage/batch"])
@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
def test_no_event_is_answered_with_an_error_of_ours(path: str, mode: GenerationMode) -> None:
    client = caller(Scope.LINEAGE_WRITE)
    operation = schemathesis.openapi.from_path(OPENAPI)[path]["post"]

    @settings(
        max_examples=40,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        answer = send(client, case)  # an exception of the service would come up here
        assert answer.status_code < 500
        if answer.status_code == 200:
            case.validate_response(answer, checks=[response_schema_conformance])

    ask()
    services.load(limit=1000)
