"""The pure parts of the embedded services: keys, addresses, commands, births."""

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.embedded import keys, postgres, sockets, valkey
from config.embedded.account import Account
from config.embedded.binaries import Postgres, parse_major
from config.embedded.births import birth_of, parse_stat
from config.env import Env

FOLDER = Path("/home/a b%c/run")


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    first = keys.load_or_create(tmp_path / "home")

    assert keys.load_or_create(tmp_path / "home") == first
    assert stat.S_IMODE((tmp_path / "home" / keys.FILE_NAME).stat().st_mode) == 0o600


def test_two_homes_have_different_keys() -> None:
    one, other = keys.generate(), keys.generate()

    assert not set(vars(one).values()) & set(vars(other).values())


def test_keys_do_not_show_in_what_a_log_would_hold() -> None:
    one = keys.generate()

    assert not any(value in repr(one) for value in vars(one).values())


def test_a_damaged_key_file_is_said_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / keys.FILE_NAME).write_text('{"secret_key": ')

    with pytest.raises(keys.UnreadableKeys, match="is damaged"):
        keys.load_or_create(tmp_path)

    assert (tmp_path / keys.FILE_NAME).read_text() == '{"secret_key": '


def test_a_process_that_loses_the_race_for_the_keys_takes_the_winners(tmp_path: Path) -> None:
    winner = keys.load_or_create(tmp_path)

    keys._write_once(tmp_path / keys.FILE_NAME, keys.generate())

    assert keys.load_or_create(tmp_path) == winner
    assert os.listdir(tmp_path) == [keys.FILE_NAME]  # noqa: PTH208 - names are what is compared


def write_keys_of_old(home: Path) -> dict[str, str]:
    """Write a key file from before there were master keys, and return what is in it."""
    old = {name: value for name, value in vars(keys.generate()).items() if name != "master_keys"}
    (home / keys.FILE_NAME).write_text(json.dumps(old))
    return old


def test_a_home_of_old_without_data_gets_a_master_key_and_keeps_its_others(tmp_path: Path) -> None:
    old = write_keys_of_old(tmp_path)
    (tmp_path / f".{keys.FILE_NAME}.complete").write_text("left by a process that was killed")

    with ThreadPoolExecutor(8) as threads:
        loaded = list(threads.map(keys.load_or_create, [tmp_path] * 8))

    [made] = set(loaded)
    assert vars(made) == {**old, "master_keys": made.master_keys}
    assert len(Env().versioned_keys("K", default=made.master_keys)[1]) == 32
    assert stat.S_IMODE((tmp_path / keys.FILE_NAME).stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == [keys.FILE_NAME]  # noqa: PTH208 - names are what is compared


def test_a_home_of_old_gets_keys_for_links_beside_its_data(tmp_path: Path) -> None:
    old = {name: value for name, value in vars(keys.generate()).items() if name != "link_keys"}
    (tmp_path / keys.FILE_NAME).write_text(json.dumps(old))
    (tmp_path / keys.DATA).mkdir()

    loaded = keys.load_or_create(tmp_path)

    assert vars(loaded) == {**old, "link_keys": loaded.link_keys}
    assert len(Env().versioned_keys("K", default=loaded.link_keys)[1]) == 32
    assert keys.load_or_create(tmp_path) == loaded
    assert loaded.environment()["ACCORDANT_LINK_KEYS"] == loaded.link_keys


def test_a_lost_master_key_beside_data_is_said_and_not_replaced(tmp_path: Path) -> None:
    old = write_keys_of_old(tmp_path)
    (tmp_path / keys.DATA).mkdir()

    with pytest.raises(keys.KeysLost, match="lacks `master_keys`"):
        keys.load_or_create(tmp_path)

    assert json.loads((tmp_path / keys.FILE_NAME).read_text()) == old


def test_the_settings_understand_a_database_address_with_any_path_and_password() -> None:
    url = sockets.database_url(FOLDER, user="accordant", password="p@ss/word?#%", name="accordant")

    settings = Env().db_url_config(url)

    assert settings["OPTIONS"] == {"host": str(FOLDER)}
    assert (settings["USER"], settings["PASSWORD"], settings["NAME"]) == (
        "accordant",
        "p@ss/word?#%",
        "accordant",
    )


def test_a_folder_too_long_for_a_socket_is_seen() -> None:
    short = Path("/") / ("a" * 80)

    assert sockets.fits(short)
    assert not sockets.fits(short / ("b" * 30))
    assert not sockets.fits(Path("/") / ("é" * 50))  # counted in bytes


@pytest.mark.parametrize(
    ("answer", "major"),
    [
        ("postgres (PostgreSQL) 18.6", 18),
        ("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)", 15),
        ("", None),
    ],
)
def test_the_major_version_is_read(answer: str, major: int | None) -> None:
    assert parse_major(answer) == major


@pytest.mark.parametrize(("major", "builtin"), [(18, True), (17, True), (16, False)])
def test_the_builtin_locale_is_used_where_there_is_one(major: int, *, builtin: bool) -> None:
    program = Postgres(folder=Path("/bin"), major=major)

    command = postgres.initdb_command(program=program, data=FOLDER, password_file=FOLDER)

    assert ("--builtin-locale=C.UTF-8" in command) is builtin
    assert "--auth=scram-sha-256" in command


def test_no_server_is_told_to_listen_on_a_port() -> None:
    program = Postgres(folder=Path("/bin"), major=18)
    database = postgres.server_command(program=program, data=FOLDER, folder=FOLDER, durable=True)
    broker = valkey.server_command(program=Path("/bin/valkey-server"), folder=FOLDER)

    assert "listen_addresses=" in database
    assert "fsync=off" not in database
    assert broker[broker.index("--port") + 1] == "0"


def test_a_process_is_known_by_its_birth() -> None:
    assert birth_of(os.getpid()) == birth_of(os.getpid())
    assert birth_of(os.getpid()) != birth_of(os.getppid())
    assert birth_of(2**22 + 1) is None


def test_a_name_with_brackets_does_not_confuse_the_reading_of_a_process() -> None:
    line = "41 (a ) S 1 (b) Z 1 40 41 0 -1 4194304 96 0 0 0 0 0 0 0 20 0 1 0 987654 10 20"

    assert parse_stat(line) == ("Z", 41, "987654")


def test_an_account_that_does_not_switch_asks_for_nothing() -> None:
    assert Account(uid=1, gid=1).identity == {}
    assert Account(uid=1, gid=2, switches=True).identity == {"user": 1, "group": 2, "extra_groups": []}
