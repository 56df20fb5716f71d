"""Requests made from the OpenAPI document, and requests that it forbids: none is answered with a 5xx."""

from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from rest_framework.test import APIClient
from schemathesis import GenerationMode
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import response_schema_conformance

from activation.checks.types import Scope
from config.launch.checks import OPENAPI
from tests.checks_world import caller
from tests.enforcement_world import make_world

pytestmark = pytest.mark.django_db
ADDRESSES = [
    ("/access/v1/evaluation", "post"),
    ("/access/v1/evaluations", "post"),
    ("/access/v1/search/subject", "post"),
    ("/access/v1/search/resource", "post"),
    ("/access/v1/search/action", "post"),
    ("/.well-known/authzen-configuration", "get"),
    ("/api/v1/checks", "post"),
    ("/api/v1/decisions/{decision_id}", "get"),
    ("/api/v1/policies/current", "get"),
]
UNBREAKABLE = ("/.well-known/authzen-configuration", "get", GenerationMode.NEGATIVE)
"""It takes nothing that could be wrong."""
EVERYTHING = [
    Scope.CHECK,
    Scope.EXPLAIN,
    Scope.SHADOW,
    Scope.SEARCH,
    Scope.IDENTIFIERS,
]


@pytest.fixture(scope="module")
def schema() -> Any:
    """Return the committed document, which `./dev check` holds equal to the code."""
    return schemathesis.openapi.from_path(OPENAPI)


@pytest.mark.parametrize(
    ("path", "method", "mode"),
    [(*address, mode) for address in ADDRESSES for mode in GenerationMode if (*address, mode) != UNBREAKABLE],
    ids=str,
)
def test_no_request_is_answered_with_an_error_of_ours(
    schema: Any, path: str, method: str, mode: GenerationMode
) -> None:
    make_world()
    client, operation = caller(*EVERYTHING), schema[path][method]

    @settings(
        max_examples=15,
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


def send(client: APIClient, case: Any) -> Response:
    """Return the service's answer to a generated case, in the form in which it is checked."""
    request = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
    body: Any = request.body or b""
    content_type = str(request.headers.get("Content-Type", ""))
    told = client.generic(request.method or "", request.path_url, body, content_type=content_type)
    headers = {name: [value] for name, value in told.headers.items()}
    return Response(told.status_code, headers, told.content, request, elapsed=0, verify=False)
