"""Reading the environment, and a production that starts with every secret or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import ROOT, Env

PRODUCTION = {
    "SECRET_KEY": "s" * 60,
    "ACCORDANT_IDENTIFIER_KEY": "11" * 32,
    "ACCORDANT_SIGNING_KEY": "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI=",
    "ACCORDANT_MASTER_KEYS": "1:" + "33" * 32,
    "ACCORDANT_SIGNING_NAME": "example.org/accordant",
    "DATABASE_URL": "postgresql:///accordant",
    "BROKER_URL": "redis://localhost",
    "ALLOWED_HOSTS": "accordant.example.org",
}


def load_production(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Load the production settings in a process with just this environment."""
    return subprocess.run(
        [sys.executable, "-c", "from config.settings import production"],
        cwd=ROOT,
        env={"PATH": os.defpath, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_value_may_lie_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("SOME_KEY_FILE", str(tmp_path / "key"))

    assert Env()("SOME_KEY") == "from a file"


def test_a_missing_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)

    with pytest.raises(ImproperlyConfigured, match="Set SOME_KEY, or SOME_KEY_FILE"):
        Env()("SOME_KEY")

    assert Env()("SOME_KEY", default="given") == "given"


def test_production_starts_with_every_setting() -> None:
    assert load_production(PRODUCTION).returncode == 0


@pytest.mark.parametrize("name", PRODUCTION)
def test_production_does_not_start_without(name: str) -> None:
    done = load_production({key: value for key, value in PRODUCTION.items() if key != name})

    assert done.returncode != 0
    assert f"Set {name}" in done.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "ACCORDANT_IDENTIFIER_KEY", "ACCORDANT_SIGNING_KEY"])
def test_production_does_not_start_with_an_empty_secret(name: str) -> None:
    done = load_production({**PRODUCTION, name: ""})

    assert done.returncode != 0
    assert f"{name} " in done.stderr


def test_a_key_that_is_too_short_is_refused_and_not_repeated() -> None:
    done = load_production({**PRODUCTION, "ACCORDANT_IDENTIFIER_KEY": "abcd"})

    assert "ACCORDANT_IDENTIFIER_KEY must hold 32 random bytes" in done.stderr
    assert "abcd" not in done.stderr
