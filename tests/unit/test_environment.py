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
    "ACCORDANT_IDENTIFIER_KEYS": "1:" + "11" * 32,
    "ACCORDANT_TOMBSTONE_KEY": "33" * 32,
    "ACCORDANT_SIGNING_KEY": "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI=",
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


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "ACCORDANT_TOMBSTONE_KEY", "ACCORDANT_IDENTIFIER_KEYS", "ACCORDANT_SIGNING_KEY"]
)
def test_production_does_not_start_with_an_empty_secret(name: str) -> None:
    done = load_production({**PRODUCTION, name: ""})

    assert done.returncode != 0
    assert f"{name} " in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ACCORDANT_TOMBSTONE_KEY", "abcd"),
        ("ACCORDANT_IDENTIFIER_KEYS", "1:abcd"),
        ("ACCORDANT_IDENTIFIER_KEYS", "abcd" * 16),
        ("ACCORDANT_IDENTIFIER_KEYS", "0:" + "abcd" * 16),
        ("ACCORDANT_IDENTIFIER_KEYS", "1:" + "abcd" * 16 + ",1:" + "abce" * 16),
        ("ACCORDANT_IDENTIFIER_KEYS", "1:" + "abcd" * 16 + ",2:" + "abcd" * 16),
    ],
)
def test_keys_that_are_none_are_refused_and_not_repeated(name: str, value: str) -> None:
    done = load_production({**PRODUCTION, name: value})

    assert f"{name} must hold 32 random bytes" in done.stderr
    assert "abcd" not in done.stderr


def test_keys_are_read_by_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEYS", f"12:{'22' * 32}, 3:{'11' * 32}")

    assert list(Env().versioned_keys("SOME_KEYS").items()) == [(3, b"\x11" * 32), (12, b"\x22" * 32)]


def test_a_tombstone_key_that_is_an_index_key_is_refused() -> None:
    done = load_production({**PRODUCTION, "ACCORDANT_TOMBSTONE_KEY": "11" * 32})

    assert "ACCORDANT_TOMBSTONE_KEY must not be one of" in done.stderr
