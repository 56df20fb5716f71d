"""`./dev demo`: everything up, the main job from end to end, then servers to look around in."""

import base64
import http.client
import secrets
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from config import embedded
from config.embedded import processes
from config.embedded.interrupts import Stopped
from config.launch import ports
from config.launch.arguments import ROOT, Arguments
from config.launch.children import MANAGE, environment, migrate, step
from config.launch.console import say
from config.launch.errors import LaunchError
from config.launch.story_systems import tell_systems

START_TIMEOUT = 60.0  # seconds
READY_TIMEOUT = 300.0  # seconds; a store that does not fit is built anew first
_SECRET_SIZE = 32
WATCH = 0.5  # seconds between looks at what should be running


class NoFolder(LaunchError):
    """The file asked for could not be written."""


def run(arguments: Arguments) -> int:
    """Run the demo and return the exit code."""
    port = ports.choose(arguments.port)
    check_port = ports.choose_beside(port)
    if check_port != port + 1:
        say(f"Port {port + 1} is taken: the check server takes {check_port}.")
    if arguments.json and not arguments.json.parent.is_dir():
        raise NoFolder(f"--json {arguments.json}: there is no folder {arguments.json.parent}.")
    platform_port = ports.choose_beside(check_port)
    home = arguments.home
    with embedded.services(home=home, say=say) as services:
        variables = tell_systems(environment(services), port=port)
        say("Bringing the tables up to date …")
        migrate(variables, home=home)
        secret = write_secret(home)
        commands = {
            "worker": worker_command(home),
            "runs_worker": runs_worker_command(),
            "sequencer": [*MANAGE, "run_sequencer"],
            "follower": [*MANAGE, "run_follower"],
            "web": web_command(port),
            "tailer": [*MANAGE, "run_tailer"],
            "check_server": check_command(check_port),
            "ad_platform": platform_command(platform_port, secret),
        }
        with _all_running(home, commands, variables) as running:
            for url, within in (
                (f"{ports.HOST}:{port}/healthz", START_TIMEOUT),
                (f"{ports.HOST}:{check_port}/readyz", READY_TIMEOUT),
                (f"{ports.HOST}:{platform_port}/state.json", START_TIMEOUT),
            ):
                _wait_until_it_answers(home, running, url, within=within)
            story = story_command(
                arguments, port=port, check_port=check_port, platform_port=platform_port, secret=secret
            )
            step("seed_demo", story, variables, home=home, shown=True)
            if not arguments.once:
                say(f"\nThe ad platform shows what it holds at http://{ports.HOST}:{platform_port}")
                _serve(home, port, check_port, running)
    return 0


def worker_command(home: Path) -> list[str]:
    """Return the command of a Celery worker for all that is short, which keeps the schedule too."""
    schedule = f"--schedule={home / 'schedule'}"
    return _celery_worker("--queues=withdrawals,default", "--concurrency=2", "--beat", schedule)


def runs_worker_command() -> list[str]:
    """Return the command of a Celery worker for what lasts: no withdrawal waits behind it."""
    return _celery_worker("--queues=runs", "--concurrency=1", "--hostname=runs@%h")


def _celery_worker(*options: str) -> list[str]:
    quiet = ["--loglevel=INFO", "--without-gossip", "--without-mingle"]
    return [sys.executable, "-m", "celery", "--app=config.celery", "worker", *options, *quiet]


def web_command(port: int) -> list[str]:
    """Return the command of the web server."""
    options = ["--interface=wsgi", f"--host={ports.HOST}", f"--port={port}", "--workers=1", "--no-ws"]
    return [sys.executable, "-m", "granian", *options, "config.wsgi:application"]


def check_command(port: int) -> list[str]:
    """Return the command of the check server."""
    return [*MANAGE, "check_server", f"--host={ports.HOST}", f"--port={port}"]


def platform_command(port: int, secret: Path) -> list[str]:
    """Return the command of the story's ad platform."""
    options = [f"--port={port}", f"--secret-file={secret}"]
    return [sys.executable, "-m", "config.demo.ad_platform", *options]


def write_secret(home: Path) -> Path:
    """Write the secret that we share with the story's ad platform this time, and return where it lies."""
    file = home / "ad_platform.secret"
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text("whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_SIZE)).decode(), encoding="utf-8")
    return file


def story_command(
    arguments: Arguments, *, port: int, check_port: int, platform_port: int, secret: Path
) -> list[str]:
    """Return the command that runs the main job and tells its story; a demo that serves gets a login."""
    json = ["--json", str(arguments.json)] if arguments.json else []
    login = [] if arguments.once else ["--login"]
    urls = ["--url", f"http://{ports.HOST}:{port}", "--check-url", f"http://{ports.HOST}:{check_port}"]
    platform = ["--platform-url", f"http://{ports.HOST}:{platform_port}", "--platform-secret", str(secret)]
    return [*MANAGE, "seed_demo", *urls, *platform, *json, *login]


def _serve(home: Path, port: int, check_port: int, running: Sequence[processes.Process]) -> None:
    """Serve until Ctrl-C, which is the usual end."""
    say(f"\nPeople ask for their data at http://{ports.HOST}:{port}/privacy/ (their mails: {home / 'mails'})")
    say(f"The check server answers at http://{ports.HOST}:{check_port}")
    say(f"Serving at http://{ports.HOST}:{port} (admin: /admin/). Ctrl-C ends it.")
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
def _all_running(
    home: Path, commands: Mapping[str, list[str]], variables: Mapping[str, str]
) -> Iterator[list[processes.Process]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(_running(home, name, command, variables))
            for name, command in commands.items()
        ]


@contextmanager
def _running(
    home: Path, name: str, command: list[str], variables: Mapping[str, str]
) -> Iterator[processes.Process]:
    process = processes.start(home=home, name=name, command=command, environment=variables, folder=ROOT)
    try:
        yield process
    finally:
        processes.stop(home, process)


def _wait_until_it_answers(
    home: Path, running: Sequence[processes.Process], url: str, *, within: float
) -> None:
    deadline = time.monotonic() + within
    while not _answers(url):
        for process in running:
            processes.must_live(home, process)
        if time.monotonic() > deadline:
            logs = "\n".join(processes.log_end(home, process.name) for process in running)
            raise processes.ServerFailed(f"{url} does not answer.\n{logs}")
        time.sleep(processes.POLL)


def _answers(url: str) -> bool:
    address, _, path = url.partition("/")
    connection = http.client.HTTPConnection(address, timeout=5)
    try:
        connection.request("GET", f"/{path}")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
