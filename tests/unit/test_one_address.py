"""The proxies' configurations lead three addresses to the check server, and all else to the web process."""

import re
from typing import Any

import pytest
import yaml

from activation.checks.answering.denials import CHECKS, EVALUATION, EVALUATIONS
from config.launch.arguments import ROOT

FOLDER = ROOT / "docs" / "how-to" / "one-address"
ADDRESSES = sorted(path.decode() for path in (CHECKS, EVALUATION, EVALUATIONS))


@pytest.fixture
def envoy() -> Any:
    return yaml.safe_load((FOLDER / "envoy.yaml").read_text(encoding="utf-8"))["static_resources"]


def test_nginx_leads_the_check_addresses_to_the_check_server() -> None:
    text = (FOLDER / "nginx.conf").read_text(encoding="utf-8")

    found = dict(re.findall(r"location (?:= )?(\S+) \{\s+proxy_pass http://(\w+);", text))

    assert found == {**dict.fromkeys(ADDRESSES, "check_server"), "/": "web"}


def test_envoy_leads_the_check_addresses_to_the_check_server(envoy: Any) -> None:
    [listener] = envoy["listeners"]
    [connections] = listener["filter_chains"][0]["filters"]
    [host] = connections["typed_config"]["route_config"]["virtual_hosts"]

    exact = {
        one["match"]["path"]: one["route"]["cluster"] for one in host["routes"] if "path" in one["match"]
    }

    assert exact == dict.fromkeys(ADDRESSES, "check_server")
    assert host["routes"][-1] == {"match": {"prefix": "/"}, "route": {"cluster": "web", "timeout": "300s"}}
    assert [cluster["name"] for cluster in envoy["clusters"]] == ["check_server", "web"]
