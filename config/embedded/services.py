"""The one entry: a database and a broker for the length of a block."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from config.embedded import postgres, processes, sockets, valkey
from config.embedded.account import choose
from config.embedded.binaries import find_postgres, find_valkey
from config.embedded.errors import EmbeddedError
from config.embedded.home import HomeInUse, locked
from config.embedded.keys import Keys, load_or_create


class NotReady(EmbeddedError):
    """Another launcher owns the home, and its services cannot be used now."""


def silent(_: str) -> None:
    """Say nothing about the steps."""


@contextmanager
def services(
    *, home: Path, durable: bool = True, join: bool = False, say: Callable[[str], None] = silent
) -> Iterator[dict[str, str]]:
    """Give the environment variables of a database and a broker that run for the length of the block.

    DATABASE_URL and BROKER_URL that the environment holds already are used, each on its own, and
    nothing is started in their place. `durable=False` is faster and may lose data if the machine
    stops. `join` uses the services of the launcher that owns the home, if one does.

    :raises EmbeddedError: if they cannot run; the message says what to do.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(home))
        except HomeInUse:
            if not join:
                raise
            yield _joined(home)
        else:
            yield _started(stack, home=home, durable=durable, say=say)


def is_set(name: str) -> bool:
    """Return whether the environment holds the setting `name`, itself or as the path of a file."""
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def _started(stack: ExitStack, *, home: Path, durable: bool, say: Callable[[str], None]) -> dict[str, str]:
    """Start what is needed, to be stopped by `stack`."""
    if orphans := processes.stop_orphans(home):
        say(f"Ended what a killed run left behind: {', '.join(orphans)}.")
    keys = load_or_create(home)
    program = None if is_set("DATABASE_URL") else find_postgres()
    broker = None if is_set("BROKER_URL") else find_valkey()
    environment = _own(home, keys)
    if needed := program.program("postgres") if program else broker:
        account = choose(program=str(needed), home=home)
        folder = stack.enter_context(sockets.socket_folder(home, account))
    if program:
        say("Starting PostgreSQL …" if postgres.exists(home) else "Creating a PostgreSQL database …")
        server = postgres.running(
            home=home, folder=folder, program=program, account=account, keys=keys, durable=durable
        )
        environment["DATABASE_URL"] = stack.enter_context(server)
    if broker:
        server = valkey.running(home=home, folder=folder, program=broker, account=account)
        environment["BROKER_URL"] = stack.enter_context(server)
    return environment


def _joined(home: Path) -> dict[str, str]:
    """Return the environment of the services that another launcher runs.

    :raises NotReady: if it is still starting or already ending.
    """
    folder = sockets.current(home)
    if folder is None or not all((folder / name).exists() for name in sockets.NAMES):
        raise NotReady(f"Another process starts or stops the services of {home}. Try again in a moment.")
    keys = load_or_create(home)
    urls = {
        "DATABASE_URL": postgres.url(folder, keys),
        "BROKER_URL": sockets.broker_url(folder),
    }
    return {**_own(home, keys), **{name: url for name, url in urls.items() if not is_set(name)}}


def _own(home: Path, keys: Keys) -> dict[str, str]:
    """Return the variables that the home itself gives, less those that the environment holds already."""
    own = {"ACCORDANT_HOME": str(home), **keys.environment()}
    return {name: value for name, value in own.items() if name == "ACCORDANT_HOME" or not is_set(name)}
