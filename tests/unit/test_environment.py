"""Reading the environment, and a production that starts with every secret or not at all."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import ROOT, Env

PRODUCTION = {
    "SECRET_KEY": "s" * 60,
    "ACCORDANT_IDENTIFIER_KEYS": "1:" + "11" * 32,
    "ACCORDANT_TOMBSTONE_KEY": "33" * 32,
    "ACCORDANT_SIGNING_KEY": "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI=",
    "ACCORDANT_MASTER_KEYS": "1:" + "33" * 32,
    "ACCORDANT_LINK_KEYS": "1:" + "44" * 32,
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


@pytest.mark.parametrize(("text", "days"), [("1", 1), ("1095", 1095), ("never", None)])
def test_days_are_a_time_or_for_ever(monkeypatch: pytest.MonkeyPatch, text: str, days: int | None) -> None:
    monkeypatch.setenv("SOME_DAYS", text)

    assert Env().days("SOME_DAYS", default=7) == (None if days is None else timedelta(days=days))


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "soon", "365001", "\u0663"])
def test_what_is_no_number_of_days_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SOME_DAYS", text)

    with pytest.raises(ImproperlyConfigured, match="SOME_DAYS"):
        Env().days("SOME_DAYS", default=7)


def test_days_that_are_not_set_are_the_default() -> None:
    assert Env().days("DAYS_OF_NOBODY", default=7) == timedelta(days=7)
    assert Env().days("DAYS_OF_NOBODY", default=None) is None


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
    "name",
    [
        "SECRET_KEY",
        "ACCORDANT_TOMBSTONE_KEY",
        "ACCORDANT_IDENTIFIER_KEYS",
        "ACCORDANT_SIGNING_KEY",
        "ACCORDANT_MASTER_KEYS",
        "ACCORDANT_LINK_KEYS",
    ],
)
def test_production_does_not_start_with_an_empty_secret(name: str) -> None:
    done = load_production({**PRODUCTION, name: ""})

    assert done.returncode != 0
    assert f"{name} " in done.stderr


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        (f"1:{'aa' * 32}", [1]),
        (f"1:{'aa' * 32},2:{'BB' * 32}", [1, 2]),
        (f"\n10:{'aa' * 32}\r\n2:{'bb' * 32}\n", [10, 2]),
    ],
)
def test_keys_with_versions_are_read(text: str, versions: list[int]) -> None:
    keys = Env().versioned_keys("SOME_KEYS", default=text)

    assert list(keys) == versions
    assert keys[versions[0]] == b"\xaa" * 32


@pytest.mark.parametrize(
    "entry",
    [
        "ab",
        "ab" * 32,
        "2:abab",
        f"0:{'ab' * 32}",
        f"-1:{'ab' * 32}",
        f"x:{'ab' * 32}",
        f"２:{'ab' * 32}",  # noqa: RUF001 - a digit of another alphabet
        f"2:{'ab' * 33}",
        f"2:{'zz' * 32}",
        f"1:{'ab' * 32}",
        f"2:{'aa' * 32}",
    ],
)
def test_a_malformed_or_repeated_key_is_refused_by_its_place_and_not_repeated(entry: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SOME_KEYS, entry 2: ") as refusal:
        Env().versioned_keys("SOME_KEYS", default=f"1:{'aa' * 32}\n{entry}")

    assert entry.rpartition(":")[2] not in str(refusal.value)


def test_a_version_that_no_link_could_name_is_refused() -> None:
    done = load_production({**PRODUCTION, "ACCORDANT_LINK_KEYS": f"65536:{'44' * 32}"})

    assert done.returncode != 0
    assert "versions go up to 65535" in done.stderr


def test_a_wrapper_of_ones_own_needs_no_master_keys() -> None:
    without = {key: value for key, value in PRODUCTION.items() if key != "ACCORDANT_MASTER_KEYS"}

    assert load_production({**without, "ACCORDANT_KEY_WRAPPER": "acme.kms.make"}).returncode == 0


def test_the_keys_may_lie_on_another_server_but_not_in_the_same_database() -> None:
    elsewhere = load_production({**PRODUCTION, "KEYS_DATABASE_URL": "postgresql://keys.internal/accordant"})
    same = load_production({**PRODUCTION, "KEYS_DATABASE_URL": PRODUCTION["DATABASE_URL"]})

    assert elsewhere.returncode == 0, elsewhere.stderr
    assert same.returncode != 0
    assert "Give the keys one of their own" in same.stderr


def test_a_key_that_is_too_short_is_refused_and_not_repeated() -> None:
    done = load_production({**PRODUCTION, "ACCORDANT_TOMBSTONE_KEY": "abcd"})

    assert "ACCORDANT_TOMBSTONE_KEY must hold 32 random bytes" in done.stderr
    assert "abcd" not in done.stderr


def test_a_tombstone_key_that_is_an_index_key_is_refused() -> None:
    done = load_production({**PRODUCTION, "ACCORDANT_TOMBSTONE_KEY": "11" * 32})

    assert "ACCORDANT_TOMBSTONE_KEY must not be one of" in done.stderr


def test_sources_are_read_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES", "crm=postgresql://reader:s=cret@db/crm\n  lake=duckdb:/srv/lake.duckdb ")

    assert Env().addresses("SOURCES") == {
        "crm": "postgresql://reader:s=cret@db/crm",
        "lake": "duckdb:/srv/lake.duckdb",
    }
    assert Env().addresses("NO_SOURCES") == {}


@pytest.mark.parametrize("text", ["crm", "Crm=x", "crm=a-secret crm=b-secret", "=a-secret", "1=a-secret"])
def test_malformed_sources_are_named_by_their_place_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("SOURCES", text)

    with pytest.raises(ImproperlyConfigured, match=r"entry [12]") as refused:
        Env().addresses("SOURCES")
    assert "secret" not in str(refused.value)
