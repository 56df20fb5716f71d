"""`./dev demo`: everything up, the main job from end to end, then a server to look around in."""

import http.client
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from config import embedded
from config.embedded import processes
from config.embedded.interrupts import Stopped
from config.launch import ports
from config.launch.arguments import ROOT, Arguments
from config.launch.children import MANAGE, environment, migrate, step
from config.launch.console import say
from config.launch.errors import LaunchError

START_TIMEOUT = 60.0  # seconds
WATCH = 0.5  # seconds between looks at what should be running


class NoFolder(LaunchError):
    """The file asked for could not be written."""


def run(arguments: Arguments) -> int:
    """Run the demo and return the exit code."""
    port = ports.choose(arguments.port)
    if arguments.json and not arguments.json.parent.is_dir():
        raise NoFolder(f"--json {arguments.json}: there is no folder {arguments.json.parent}.")
    home = arguments.home
    with embedded.services(home=home, say=say) as services:
        variables = environment(services)
        say("Bringing the tables up to date …")
        migrate(variables, home=home)
        with (
            _running(home, "worker", worker_command(home), variables) as worker,
            _running(home, "sequencer", [*MANAGE, "run_sequencer"], variables) as sequencer,
            _running(home, "web", web_command(port), variables) as web,
        ):
            _wait_until_it_answers(home, web, port)
            step("seed_demo", story_command(arguments, port=port), variables, home=home, shown=True)
            if not arguments.once:
                _serve(home, port, [worker, sequencer, web])
    return 0


def worker_command(home: Path) -> list[str]:
    """Return the command of a Celery worker that keeps the schedule too."""
    schedule = f"--schedule={home / 'schedule'}"
    options = [
        "--beat",
        schedule,
        "--concurrency=2",
        "--loglevel=INFO",
        "--without-gossip",
        "--without-mingle",
    ]
    return [sys.executable, "-m", "celery", "--app=config.celery", "worker", *options]


def web_command(port: int) -> list[str]:
    """Return the command of the web server."""
    options = ["--interface=wsgi", f"--host={ports.HOST}", f"--port={port}", "--workers=1", "--no-ws"]
    return [sys.executable, "-m", "granian", *options, "config.wsgi:application"]


def story_command(arguments: Arguments, *, port: int) -> list[str]:
    """Return the command that runs the main job and tells its story; a demo that serves gets a login."""
    json = ["--json", str(arguments.json)] if arguments.json else []
    login = [] if arguments.once else ["--login"]
    return [*MANAGE, "seed_demo", "--url", f"http://{ports.HOST}:{port}", *json, *login]


def _serve(home: Path, port: int, running: Sequence[processes.Process]) -> None:
    """Serve until Ctrl-C, which is the usual end."""
    say(f"\nServing at http://{ports.HOST}:{port} (admin: /admin/). Ctrl-C ends it.")
    try:
        while True:
            for process in running:
                processes.must_live(home, process)
            time.sleep(WATCH)
    except Stopped as stopped:
        say("\nStopping …")
        if stopped.signum != signal.SIGINT:
            raise


@contextmanager
def _running(
    home: Path, name: str, command: list[str], variables: Mapping[str, str]
) -> Iterator[processes.Process]:
    process = processes.start(home=home, name=name, command=command, environment=variables, folder=ROOT)
    try:
        yield process
    finally:
        processes.stop(home, process)


def _wait_until_it_answers(home: Path, web: processes.Process, port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not _answers(port):
        processes.must_live(home, web)
        if time.monotonic() > deadline:
            raise processes.ServerFailed(
                f"The web server does not answer.\n{processes.log_end(home, web.name)}"
            )
        time.sleep(processes.POLL)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
