"""The pure parts of finding a MariaDB for the tests, and what is said where there is none."""

from pathlib import Path

import pytest

from config.launch import mariadb


def test_the_packages_that_a_package_needs_are_read_from_its_field() -> None:
    depends = "mariadb-common (>= 1:10.11), libaio1t64 | libaio1 (>= 0.3), libc6:amd64, zlib1g (>= 1:1.1)"

    assert mariadb.needed(depends) == ["mariadb-common", "libaio1t64", "libc6", "zlib1g"]
    assert mariadb.needed("") == []


def test_a_mariadb_that_is_named_and_not_there_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MARIADBD_PATH", "/nowhere/mariadbd")

    with pytest.raises(mariadb.NoMariaDB, match="/nowhere/mariadbd"):
        mariadb.find_or_unpack(tmp_path)


def test_without_a_mariadb_and_without_debian_the_tests_fail_and_say_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MARIADBD_PATH", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(mariadb, "_SYSTEM", ())

    with pytest.raises(mariadb.NoMariaDB, match="MARIADBD_PATH"):
        mariadb.find_or_unpack(tmp_path)
