"""Requests that the OpenAPI document allows, and such as it does not: none may be answered with a 5xx."""

from collections.abc import Collection
from typing import Any

import requests
from hypothesis import HealthCheck, given, settings
from rest_framework.test import APIClient
from schemathesis import GenerationMode
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import response_schema_conformance


def fuzz(
    client: APIClient,
    operation: Any,
    mode: GenerationMode,
    *,
    examples: int,
    described: Collection[int] = frozenset({200}),
) -> None:
    """Make generated requests. Answers of the statuses `described` have the form that the document says."""

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        answer = send(client, case)  # an exception of the service would come up here
        assert answer.status_code < 500
        if answer.status_code in described:
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
