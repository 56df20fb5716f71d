"""Requests to the embed and for links that the OpenAPI document allows, and ones it forbids: never a 5xx."""

from typing import Any

import pytest
import schemathesis
from pytest_django import Settings
from rest_framework.test import APIClient
from schemathesis import GenerationMode

from activation.checks.types import Scope
from config.launch.checks import OPENAPI
from tests.api_fuzzing import fuzz
from tests.checks_world import caller
from tests.embed_world import SHOP, open_site

pytestmark = pytest.mark.django_db
EMBED = [
    ("/embed/v1/choices", "post"),
    ("/embed/v1/sites/{key}", "get"),
    ("/embed/v1/state", "post"),
]
UNBREAKABLE = {"/embed/v1/sites/{key}"}
"""It takes nothing that could be wrong: any other text is another address."""


@pytest.fixture(scope="module")
def schema() -> Any:
    """Return the committed document, which `./dev check` holds equal to the code."""
    return schemathesis.openapi.from_path(OPENAPI)


@pytest.fixture(autouse=True)
def shop(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://privacy.example"
    open_site()


@pytest.mark.parametrize(
    ("path", "method", "mode"),
    [
        (path, method, mode)
        for path, method in EMBED
        for mode in GenerationMode
        if mode is GenerationMode.POSITIVE or path not in UNBREAKABLE
    ],
    ids=str,
)
@pytest.mark.parametrize("origin", [SHOP, "null"])
def test_no_page_of_a_site_is_answered_with_an_error_of_ours(
    schema: Any, path: str, method: str, mode: GenerationMode, origin: str
) -> None:
    client = APIClient(headers={"Origin": origin})

    fuzz(client, schema[path][method], mode, examples=25, described={200, 201})


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_call_for_links_is_answered_with_an_error_of_ours(schema: Any, mode: GenerationMode) -> None:
    client = caller(Scope.PREFERENCES, Scope.PREFERENCES_VOUCH)

    fuzz(client, schema["/api/v1/preference-links"]["post"], mode, examples=25, described={200, 201})
