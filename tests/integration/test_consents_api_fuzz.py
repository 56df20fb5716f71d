"""Choices, signals and questions that the OpenAPI document allows, and ones it forbids: never a 5xx."""

from typing import Any

import pytest
import schemathesis
from schemathesis import GenerationMode

from activation.checks.types import Scope
from config.launch.checks import OPENAPI
from tests.api_fuzzing import fuzz
from tests.checks_world import caller
from tests.signals_world import publish_policy

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def schema() -> Any:
    """Return the committed document, which `./dev check` holds equal to the code."""
    return schemathesis.openapi.from_path(OPENAPI)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("path", ["/api/v1/consents", "/api/v1/subjects/signal"])
def test_no_call_is_answered_with_an_error_of_ours(schema: Any, path: str, mode: GenerationMode) -> None:
    publish_policy()
    client = caller(Scope.CONSENTS_WRITE, Scope.SUBJECTS_READ)

    fuzz(client, schema[path]["post"], mode, examples=40, described={200, 201})
