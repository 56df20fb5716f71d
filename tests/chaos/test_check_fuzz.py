"""What the OpenAPI document describes, and what it forbids, makes no running check server fail."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case

from config.launch.arguments import ROOT
from tests.chaos.check_plane import CHECK_SERVER
from tests.chaos.check_world import World

pytestmark = pytest.mark.xdist_group("chaos")

SCHEMA = schemathesis.openapi.from_path(str(ROOT / "docs/reference/openapi.yaml"))
ADDRESSES = ["/access/v1/evaluation", "/access/v1/evaluations", "/api/v1/checks"]
SHORT = settings(
    max_examples=40, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def key(check_world: World) -> str:
    return check_world.make_key("fuzz")


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_request_makes_the_check_server_fail(check_world: World, key: str, address: str) -> None:
    base = f"http://127.0.0.1:{check_world.plane.ports[CHECK_SERVER]}"
    statuses: set[int] = set()

    @SHORT
    @given(data=st.data())
    def send(data: st.DataObject) -> None:
        case: Case[Any] = data.draw(SCHEMA[address]["POST"].as_strategy())
        case.headers["Authorization"] = f"Bearer {key}"
        statuses.add(case.call(base_url=base, timeout=10).status_code)

    send()

    assert statuses
    assert max(statuses) < 500
    assert check_world.plane.gave_up == []
