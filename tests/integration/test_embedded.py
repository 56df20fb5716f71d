"""The embedded PostgreSQL and Valkey: started, stopped, and found again after the worst."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config import embedded
from config.embedded import processes, sockets
from config.embedded.births import birth_of
from config.embedded.home import HomeInUse
from config.embedded.keys import KeysLost
from config.embedded.services import NotReady
from config.env import Env

ROOT = Path(__file__).resolve().parents[2]
DIES = """
import os, signal, sys
from pathlib import Path
from config import embedded
with embedded.services(home=Path(sys.argv[1]), durable=False):
    os.kill(os.getpid(), signal.SIGKILL)
"""
SERVES = """
import sys, time
from pathlib import Path
from config import embedded
from config.embedded.interrupts import raised
with raised(), embedded.services(home=Path(sys.argv[1]), durable=False):
    print("up", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def no_servers_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "BROKER_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose database is made already: the slow part, done once."""
    home = tmp_path_factory.mktemp("made") / "home"
    for folder in home.parents:
        if folder.stat().st_uid == os.geteuid() and folder.is_relative_to(
            tmp_path_factory.getbasetemp().parent
        ):
            folder.chmod(0o711)  # as root, the servers run as an account that must pass through
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        patch.delenv("BROKER_URL", raising=False)
        with embedded.services(home=home, durable=False):
            pass
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it, for one test; nothing of it runs afterwards."""
    tmp_path.chmod(0o711)
    copy = tmp_path / "home"
    shutil.copytree(made, copy)  # as root this also makes root the owner: the start has to put that right
    yield copy
    if copy.exists():
        processes.stop_orphans(copy)


def ask(url: str, question: str) -> object:
    """Return the one value that the database answers, None if the statement has no answer."""
    settings = Env().db_url_config(url)
    with psycopg.connect(
        dbname=settings["NAME"], user=settings["USER"], password=settings["PASSWORD"], **settings["OPTIONS"]
    ) as connection:
        cursor = connection.execute(question.encode())
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def ask_alone(url: str, statement: str) -> None:
    """Run what cannot stand in a transaction."""
    settings = Env().db_url_config(url)
    with psycopg.connect(
        dbname=settings["NAME"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        autocommit=True,
        **settings["OPTIONS"],
    ) as connection:
        connection.execute(statement.encode())


def ping(folder: Path) -> bytes:
    """Return Valkey's answer to PING."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(folder / sockets.VALKEY_SOCKET))
        client.sendall(b"PING\r\n")
        return client.recv(16)


def run(script: str, home: Path) -> subprocess.Popen[str]:
    """Start `script` on `home` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", script, str(home)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def kill_launcher(home: Path) -> list[processes.Process]:
    """Start the services, kill the launcher at once, and return what it left running."""
    with run(DIES, home) as launcher:
        assert launcher.wait() == -signal.SIGKILL
    left = processes.registered(home)
    assert [process.name for process in left if process.is_alive()] == ["postgres", "valkey"]
    return left


def test_both_serve_on_sockets_only_and_end_with_the_block(home: Path) -> None:
    with embedded.services(home=home, durable=False) as environment:
        running = processes.registered(home)

        assert ask(environment["DATABASE_URL"], "SHOW listen_addresses") == ""
        assert ask(environment["DATABASE_URL"], "SHOW server_encoding") == "UTF8"
        assert ping(home / "run") == b"+PONG\r\n"

    assert [process.name for process in running] == ["postgres", "valkey"]
    assert not any(process.is_alive() for process in running)
    assert not list((home / "run").iterdir())


def test_no_server_runs_as_root(home: Path) -> None:
    with embedded.services(home=home, durable=False):
        for process in processes.registered(home):
            namespace = Path(f"/proc/{process.pid}/ns/user").readlink()
            owner = Path(f"/proc/{process.pid}").stat().st_uid
            assert owner != 0 or namespace != Path("/proc/self/ns/user").readlink()


def test_what_was_written_is_there_after_the_second_start(home: Path) -> None:
    with embedded.services(home=home, durable=False) as environment:
        ask(environment["DATABASE_URL"], "CREATE TABLE kept (number) AS VALUES (7)")
        first = environment

    with embedded.services(home=home, durable=False) as environment:
        assert ask(environment["DATABASE_URL"], "SELECT number FROM kept") == 7
        assert environment == first  # the keys too


def test_the_keys_have_a_database_beside_the_other_also_in_a_home_of_old(home: Path) -> None:
    with embedded.services(home=home, durable=False) as environment:
        ask_alone(environment["DATABASE_URL"], "DROP DATABASE accordant_keys")

    with embedded.services(home=home, durable=False) as environment:
        keys = environment["DATABASE_URL"].replace("/accordant?", "/accordant_keys?")
        assert ask(keys, "SELECT current_database()::text") == "accordant_keys"


def test_a_wrong_password_opens_nothing(home: Path) -> None:
    with embedded.services(home=home, durable=False) as environment:
        password = Env().db_url_config(environment["DATABASE_URL"])["PASSWORD"]

        with pytest.raises(psycopg.OperationalError, match="password"):
            ask(environment["DATABASE_URL"].replace(password, "guess"), "SELECT 1")


def test_servers_that_a_killed_launcher_left_are_ended_and_started_anew(home: Path) -> None:
    left = kill_launcher(home)
    said: list[str] = []

    with embedded.services(home=home, durable=False, say=said.append) as environment:
        assert ask(environment["DATABASE_URL"], "SELECT 1") == 1
        assert not any(process.is_alive() for process in left)

    assert said[0] == "Ended what a killed run left behind: valkey, postgres."


def test_a_start_succeeds_after_everything_was_killed(home: Path) -> None:
    for process in kill_launcher(home):
        os.kill(process.pid, signal.SIGKILL)

    with embedded.services(home=home, durable=False) as environment:
        assert ask(environment["DATABASE_URL"], "SELECT 1") == 1


def test_a_lock_file_that_names_somebody_elses_process_does_not_stop_the_start(home: Path) -> None:
    lock = home / "postgres" / "postmaster.pid"
    lock.write_text(f"{os.getppid()}\n{home / 'postgres'}\n1\n5432\n{home / 'run'}\n\n  1 2\nready\n")

    with embedded.services(home=home, durable=False) as environment:
        assert ask(environment["DATABASE_URL"], "SELECT 1") == 1


def test_a_home_that_was_moved_still_opens(home: Path) -> None:
    moved = home.rename(home.with_name("elsewhere"))

    with embedded.services(home=moved, durable=False) as environment:
        assert ask(environment["DATABASE_URL"], "SELECT 1") == 1


def test_a_second_launcher_is_told_that_the_home_is_in_use(home: Path) -> None:
    with embedded.services(home=home, durable=False) as environment:
        with pytest.raises(HomeInUse, match=f"in use by process {os.getpid()}"), embedded.services(home=home):
            pytest.fail("two launchers own one home")

        assert ask(environment["DATABASE_URL"], "SELECT 1") == 1


def test_a_command_may_join_the_launcher_that_owns_the_home(home: Path) -> None:
    with embedded.services(home=home, durable=False) as own:
        with embedded.services(home=home, join=True) as joined:
            assert joined == own

        assert ask(own["DATABASE_URL"], "SELECT 1") == 1


def test_a_command_cannot_join_a_launcher_that_is_still_starting(home: Path) -> None:
    with embedded.services(home=home, durable=False):
        (home / sockets.RECORD).unlink()

        with pytest.raises(NotReady), embedded.services(home=home, join=True):
            pytest.fail("joined services that are not there")


def test_a_home_with_a_long_path_has_its_sockets_elsewhere(made: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    shutil.copytree(made, deep)
    deep.parent.chmod(0o711)

    with embedded.services(home=deep, durable=False) as environment:
        folder = sockets.current(deep)
        assert folder is not None
        assert not folder.is_relative_to(deep)
        assert folder.stat().st_mode & 0o777 == 0o700
        assert ask(environment["DATABASE_URL"], "SELECT 1") == 1

    assert not folder.exists()


def test_servers_that_are_given_are_used_and_none_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql:///theirs")
    monkeypatch.setenv("BROKER_URL", "redis://theirs")

    with embedded.services(home=tmp_path / "home") as environment:
        assert not {"DATABASE_URL", "BROKER_URL"} & environment.keys()
        assert not processes.registered(tmp_path / "home")


def test_a_given_database_leaves_the_broker_to_be_started(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql:///theirs")

    with embedded.services(home=home) as environment:
        assert "DATABASE_URL" not in environment
        assert [process.name for process in processes.registered(home)] == ["valkey"]
        assert ping(home / "run") == b"+PONG\r\n"


def test_lost_keys_are_said_and_not_replaced(home: Path) -> None:
    (home / "keys.json").unlink()

    with pytest.raises(KeysLost, match="is missing"), embedded.services(home=home):
        pytest.fail("started with keys that open nothing")

    assert not (home / "keys.json").exists()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_what_a_killed_process_of_ours_had_started_is_ended_too(tmp_path: Path) -> None:
    script = "sleep 60 & echo $! > child; exec sleep 60"
    leader = processes.start(
        home=tmp_path,
        name="web",
        command=["/bin/sh", "-c", script],
        environment={"PATH": os.defpath, "ACCORDANT_HOME": str(tmp_path)},
    )
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text().endswith("\n"):
        processes.must_live(tmp_path, leader)
    child = int((tmp_path / "child").read_text())
    while (
        not Path(f"/proc/{child}/cmdline").read_bytes().startswith(b"sleep")
    ):  # till then it shows no environment
        processes.must_live(tmp_path, leader)
    os.kill(leader.pid, signal.SIGKILL)
    processes.wait(leader)
    assert birth_of(child)

    assert processes.stop_orphans(tmp_path) == ["web"]

    assert not birth_of(child)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_launcher_ends_the_servers_too(home: Path, signum: signal.Signals) -> None:
    with run(SERVES, home) as launcher:
        assert launcher.stdout is not None
        assert launcher.stdout.readline() == "up\n"
        running = processes.registered(home)

        launcher.send_signal(signum)

        assert launcher.wait() == 128 + signum
    assert len(running) == 2
    assert not any(process.is_alive() for process in running)
