"""Requests about runs that the OpenAPI document allows, and ones it forbids: none is answered with a 5xx."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis import GenerationMode

from activation.checks.types import Scope
from config.launch.checks import OPENAPI
from tests.api_fuzzing import fuzz
from tests.checks_world import caller
from tests.enforcement_world import make_world, run
from tests.standing_world import define, folders, order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audiences")]
ADDRESSES = [
    ("/api/v1/runs", "get"),
    ("/api/v1/runs", "post"),
    ("/api/v1/runs/{run_id}", "get"),
    ("/api/v1/runs/{run_id}/cancel", "post"),
    ("/api/v1/audiences", "get"),
    ("/api/v1/audiences/{slug}/drift", "get"),
]
UNBREAKABLE = {"/api/v1/audiences/{slug}/drift"}
"""They take nothing that could be wrong: any other text is another address."""


@pytest.fixture(scope="module")
def schema() -> Any:
    """Return the committed document, which `./dev check` holds equal to the code."""
    return schemathesis.openapi.from_path(OPENAPI)


@pytest.fixture
def audiences(tmp_path: Path) -> Iterator[None]:
    make_world()
    with folders(tmp_path) as folder:
        run(folder, output_path=tmp_path / "out.csv")
        define()
        order()
        yield


@pytest.mark.parametrize(
    ("path", "method", "mode"),
    [
        (path, method, mode)
        for path, method in ADDRESSES
        for mode in GenerationMode
        if mode is GenerationMode.POSITIVE or path not in UNBREAKABLE
    ],
    ids=str,
)
def test_no_request_is_answered_with_an_error_of_ours(
    schema: Any, path: str, method: str, mode: GenerationMode
) -> None:
    client = caller(Scope.RUNS_READ, Scope.RUNS_WRITE)

    fuzz(client, schema[path][method], mode, examples=25, described={200, 202})
