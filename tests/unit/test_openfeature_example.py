"""The provider in the how-to runs, and denies wherever it should."""

import re
import sys
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from activation.client import Answer
from tests.architecture.source import ROOT

HOW_TO = ROOT / "docs" / "how-to" / "decide-locally.md"


@dataclass
class Context:
    """What OpenFeature calls an evaluation context."""

    targeting_key: str | None
    attributes: dict[str, Any] = field(default_factory=dict)


class Client:
    """Allows one question about one person."""

    def check(self, *question: str) -> Answer:
        allowed = question == ("sub_1", "marketing.email", "mailer", "harbor")
        return Answer(allowed, "granted" if allowed else "refused")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the how-to's provider, with the few names of OpenFeature that it uses."""
    evaluation, providing = ModuleType("openfeature.flag_evaluation"), ModuleType("openfeature.provider")
    evaluation.FlagResolutionDetails = SimpleNamespace  # type: ignore[attr-defined]  # stands for the SDK's
    providing.AbstractProvider, providing.Metadata = object, SimpleNamespace  # type: ignore[attr-defined]  # the same
    for name, module in {
        "openfeature": ModuleType("openfeature"),
        "openfeature.flag_evaluation": evaluation,
        "openfeature.provider": providing,
    }.items():
        monkeypatch.setitem(sys.modules, name, module)
    [text] = [
        block
        for block in re.findall(r"```python\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
        if "class ConsentProvider" in block
    ]
    names: dict[str, Any] = {}
    exec(text, names)  # noqa: S102 - our own documentation
    return names["ConsentProvider"](Client())


def test_the_provider_of_the_how_to_allows_what_the_client_does_and_nothing_else(provider: Any) -> None:
    flag, harbor = "marketing.email@mailer", {"controller": "harbor"}

    def value(flag_key: str, context: Context | None) -> bool:
        answer: bool = provider.resolve_boolean_details(flag_key, True, context).value
        return answer

    assert value(flag, Context("sub_1", harbor))
    assert not value(flag, Context("sub_2", harbor))
    assert not value(flag, Context("sub_1"))
    assert not value(flag, Context(None, harbor))
    assert not value(flag, None)
    assert not value("marketing.email", Context("sub_1", harbor))
