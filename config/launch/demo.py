"""`./dev demo`: everything up, the main job from end to end, then servers to look around in."""

import base64
import http.client
import secrets
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
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

START_TIMEOUT = 300.0  # seconds; a busy machine starts all at once. One that dies is seen sooner
READY_TIMEOUT = 300.0  # seconds; a store that does not fit is built anew first
_SECRET_SIZE = 32
WATCH = 0.5  # seconds between looks at what should be running


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the demo listens, on loopback."""

    web: int
    check: int
    platform: int
    shop: int


class NoFolder(LaunchError):
    """The file asked for could not be written."""


def run(arguments: Arguments) -> int:
    """Run the demo and return the exit code."""
    taken = _choose_ports(arguments.port)
    if arguments.json and not arguments.json.parent.is_dir():
        raise NoFolder(f"--json {arguments.json}: there is no folder {arguments.json.parent}.")
    home = arguments.home
    with embedded.services(home=home, say=say) as services:
        variables = tell_systems(environment(services), port=taken.web)
        say("Bringing the tables up to date …")
        migrate(variables, home=home)
        secret = write_secret(home)
        with _all_running(home, _list_commands(home, taken, secret), variables) as running:
            for url, within in (
                (f"{ports.HOST}:{taken.web}/healthz", START_TIMEOUT),
                (f"{ports.HOST}:{taken.check}/readyz", READY_TIMEOUT),
                (f"{ports.HOST}:{taken.platform}/state.json", START_TIMEOUT),
                (f"{ports.HOST}:{taken.shop}/", START_TIMEOUT),
            ):
                _wait_until_it_answers(home, running, url, within=within)
            story = story_command(arguments, taken, secret=secret)
            step("seed_demo", story, variables, home=home, shown=True)
            if not arguments.once:
                _serve(home, taken, running)
    return 0


def _choose_ports(asked_for: int | None) -> Ports:
    """Return the ports to serve on: the one asked for, and the next free ones above it."""
    web = ports.choose(asked_for)
    check = ports.choose_beside(web)
    if check != web + 1:
        say(f"Port {web + 1} is taken: the check server takes {check}.")
    platform = ports.choose_beside(check)
    return Ports(web=web, check=check, platform=platform, shop=ports.choose_beside(platform))


def _list_commands(home: Path, taken: Ports, secret: Path) -> dict[str, list[str]]:
    """Return what runs while the story is told, by name."""
    return {
        "worker": worker_command(home),
        "runs_worker": runs_worker_command(),
        "sequencer": [*MANAGE, "run_sequencer"],
        "follower": [*MANAGE, "run_follower"],
        "web": web_command(taken.web),
        "tailer": [*MANAGE, "run_tailer"],
        "check_server": check_command(taken.check),
        "ad_platform": platform_command(taken.platform, secret),
        "shop": shop_command(taken),
    }


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


def shop_command(taken: Ports) -> list[str]:
    """Return the command of the story's shop page."""
    options = [f"--port={taken.shop}", f"--service=http://{ports.HOST}:{taken.web}"]
    return [sys.executable, "-m", "config.demo.shop_page", *options]


def write_secret(home: Path) -> Path:
    """Write the secret that we share with the story's ad platform this time, and return where it lies."""
    file = home / "ad_platform.secret"
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text("whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_SIZE)).decode(), encoding="utf-8")
    return file


def story_command(arguments: Arguments, taken: Ports, *, secret: Path) -> list[str]:
    """Return the command that runs the main job and tells its story; a demo that serves gets a login."""
    json = ["--json", str(arguments.json)] if arguments.json else []
    login = [] if arguments.once else ["--login"]
    urls = {
        "--url": taken.web,
        "--check-url": taken.check,
        "--platform-url": taken.platform,
        "--shop-url": taken.shop,
    }
    told = [word for name, port in urls.items() for word in (name, f"http://{ports.HOST}:{port}")]
    return [*MANAGE, "seed_demo", *told, "--platform-secret", str(secret), *json, *login]


def _serve(home: Path, taken: Ports, running: Sequence[processes.Process]) -> None:
    """Serve until Ctrl-C, which is the usual end."""
    web = f"http://{ports.HOST}:{taken.web}"
    say(f"\nPeople see and change their choices at {web}/privacy/choices/open/")
    say(f"People ask for their data at {web}/privacy/ (their mails, codes too: {home / 'mails'})")
    say(f"A shop's page with a banner is at http://{ports.HOST}:{taken.shop}")
    say(f"The ad platform shows what it holds at http://{ports.HOST}:{taken.platform}")
    say(f"The check server answers at http://{ports.HOST}:{taken.check}")
    say(f"Serving at {web} (admin: /admin/). Ctrl-C ends it.")
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
