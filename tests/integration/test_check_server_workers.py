"""The check server's processes: starting, dying, stopping."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.architecture.source import ROOT
from tests.check_server_sockets import PATIENCE, read_all
from tests.check_server_world import read_answers

CLOSE = b"Connection: close\r\n\r\n"


class Processes:
    """A running check server: its parent process, its port, and the folder by which it is told what to do."""

    def __init__(self, parent: subprocess.Popen[str], port: int, folder: Path) -> None:
        """Know the server."""
        self.parent, self.port, self.folder = parent, port, folder

    def ask(self, path: bytes = b"/now") -> bytes:
        """Return the body of the answer to a request on a connection of its own."""
        with self.connect() as client:
            client.sendall(b"GET %b HTTP/1.1\r\nHost: a\r\n%b" % (path, CLOSE))
            ((status, _, body),) = read_answers(read_all(client))
        assert status == 200
        return body

    def refuses(self) -> bool:
        """Return whether nobody listens any more."""
        try:
            self.connect().close()
        except ConnectionRefusedError:
            return True
        return False

    def connect(self) -> socket.socket:
        """Return a client's socket."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def find(self, sign: str) -> list[int]:
        """Return the workers that have left `sign`."""
        return sorted(int(path.name.partition("-")[2]) for path in self.folder.glob(f"{sign}-*"))

    def wait_for_start(self, number: int) -> list[int]:
        """Return the workers, once so many have started."""
        until(lambda: len(self.find("started")) >= number)
        return self.find("started")

    def end(self) -> tuple[int, str]:
        """Return the exit code and what was logged."""
        _, log = self.parent.communicate(timeout=PATIENCE)
        return self.parent.returncode, log


def until(is_so: Callable[[], bool]) -> None:
    """Wait until it is so."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


@contextmanager
def processes(folder: Path, *, workers: int = 1, grace: float = 5) -> Iterator[Processes]:
    """Give a check server; nothing of it is left behind."""
    with socket.socket() as reservation:  # bound, but not listening: nobody else gets the port
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reservation.bind(("127.0.0.1", 0))
        port = reservation.getsockname()[1]
        command = [sys.executable, "-m", "tests.check_server_process", str(port), str(workers), str(grace)]
        parent = subprocess.Popen([*command, str(folder)], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        one = Processes(parent, port, folder)
        try:
            yield one
        finally:
            if parent.poll() is None:
                parent.kill()
                parent.communicate()
            for pid in one.find("started"):
                if is_alive(pid):
                    os.kill(pid, signal.SIGKILL)


def is_alive(pid: int) -> bool:
    """Return whether the process runs."""
    try:
        return (
            "(python" in Path(f"/proc/{pid}/stat").read_text()
            and ") Z" not in Path(f"/proc/{pid}/stat").read_text()
        )
    except FileNotFoundError:
        return False


def test_a_killed_worker_comes_back_and_its_numbers_stay(tmp_path: Path) -> None:
    with processes(tmp_path, workers=2) as server:
        before = server.wait_for_start(2)
        answering = {int(server.ask()) for _ in range(20)}
        assert answering <= set(before)
        until(lambda: b'requests_total{path="/now",status="200"} 20.0' in server.ask(b"/metrics"))

        victim = answering.pop()
        os.kill(victim, signal.SIGKILL)
        (new,) = set(server.wait_for_start(3)) - set(before)
        other = ({*before} - {victim}).pop()
        os.kill(other, signal.SIGSTOP)  # now the new one must answer

        assert int(server.ask()) == new
        assert b'requests_total{path="/now",status="200"} 21.0' in server.ask(b"/metrics")
        os.kill(other, signal.SIGCONT)


def test_stopping_finishes_what_is_under_way(tmp_path: Path) -> None:
    with processes(tmp_path) as server:
        server.wait_for_start(1)
        with server.connect() as idle, server.connect() as client:
            client.sendall(b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.recv(1000)
            client.sendall(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            until((tmp_path / "waiting").exists)

            server.parent.send_signal(signal.SIGTERM)
            assert read_all(idle) == b""
            until(server.refuses)
            (tmp_path / "go").touch()

            ((status, headers, body),) = read_answers(read_all(client))
        code, _ = server.end()

    assert (status, headers[b"connection"], body, code) == (200, b"close", b"went on", 0)
    assert server.find("stopped") == server.find("started")


def test_stopping_does_not_wait_longer_than_the_grace(tmp_path: Path) -> None:
    with processes(tmp_path, grace=0.2) as server:
        server.wait_for_start(1)
        with server.connect() as client:
            client.sendall(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            until((tmp_path / "waiting").exists)
            server.parent.send_signal(signal.SIGINT)

            assert read_all(client) == b""
        code, log = server.end()

    assert (code, log) == (0, "")
    assert server.find("stopped") == server.find("started")


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    with processes(tmp_path, grace=60) as server:
        (pid,) = server.wait_for_start(1)
        with server.connect() as client:
            client.sendall(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            until((tmp_path / "waiting").exists)
            server.parent.send_signal(signal.SIGTERM)
            until(server.refuses)
            server.parent.send_signal(signal.SIGTERM)
            code, _ = server.end()

    assert code == 128 + signal.SIGTERM
    assert not is_alive(pid)


def test_workers_do_not_outlive_their_parent(tmp_path: Path) -> None:
    with processes(tmp_path, workers=2) as server:
        workers = server.wait_for_start(2)
        server.parent.kill()
        server.end()

        until(lambda: not any(is_alive(pid) for pid in workers))


def test_a_worker_that_cannot_start_is_tried_again_and_its_log_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    with processes(tmp_path) as server:
        (pid,) = server.wait_for_start(1)
        assert int(server.ask()) == pid
        server.parent.send_signal(signal.SIGTERM)
        code, log = server.end()

    assert code == 0
    assert "RuntimeError" in log
    assert "alice" not in log
