"""The version stands in six places, and is one."""

import tomllib

from django.conf import settings

from activation.enforcement.types import TOOL_VERSION
from config.launch.arguments import ROOT
from lineage.events.ourselves import ENGINE


def test_manifests_and_the_api_name_the_version_of_the_package() -> None:
    package, verifier, client = (
        tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
        for folder in ("", "consent/verifier", "activation/client")
    )

    api = settings.SPECTACULAR_SETTINGS["VERSION"]
    assert package == verifier == client == TOOL_VERSION == ENGINE.version == api
