"""Requests made from the OpenAPI document, and requests that it forbids: none is answered with a 5xx."""

from typing import Any

import pytest
import schemathesis
from schemathesis import GenerationMode

from activation.checks.types import Scope
from config.launch.checks import OPENAPI
from tests.api_fuzzing import fuzz
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
    fuzz(caller(*EVERYTHING), schema[path][method], mode, examples=15)
