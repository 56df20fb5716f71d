"""A seeded world that is kept: seeding a hundred thousand people takes minutes, and checks change nothing.

It lies beside the bench's own database, in one whose name says what it is made of; one made of anything
older is dropped.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connections
from psycopg import sql

from config.databases import name_beside
from config.launch.arguments import ROOT
from config.launch.children import APP_ROLE
from tests.bench.check.world import seed
from tests.bench.sequencer import sequencer_beside, wait_until_signed
from tests.databases import copy_databases, drop_databases, use_databases

_SUFFIX = "_check_"


@contextmanager
def kept_world(people: int) -> Iterator[None]:
    """Point Django at a seeded world of `people` people while the context lasts; make it if there is none."""
    names = {alias: str(connections[alias].settings_dict["NAME"]) for alias in connections}
    connections.close_all()
    world = f"{names['default']}{_SUFFIX}{people}_{_digest()}"
    if world not in _list_worlds(beginning=f"{names['default']}{_SUFFIX}"):
        _make(world, people, template=names["default"], keys_template=names["keys"])
    use_databases(world)
    try:
        yield
    finally:
        connections.close_all()
        for alias, name in names.items():
            connections[alias].settings_dict["NAME"] = name


@contextmanager
def kept_copy(people: int) -> Iterator[None]:
    """Point Django at a copy of the kept world while the context lasts, for what writes to it."""
    with kept_world(people):
        world = str(connections["default"].settings_dict["NAME"])
        connections.close_all()
        with _server() as server:  # a session of a server that was just stopped may not have ended yet
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY(%s)",
                [[world, name_beside(world)]],
            )
        copy = f"{world}_written"
        copy_databases(template=world, copy=copy, keys_template=name_beside(world))
        use_databases(copy)
        try:
            yield
        finally:
            connections.close_all()
            use_databases(world)
            drop_databases(copy)


def environment() -> dict[str, str]:
    """Return the environment of a server that answers from the world which Django is pointed at."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(parts._replace(path=f"/{connections['default'].settings_dict['NAME']}"))
    without = {name: value for name, value in os.environ.items() if name != "KEYS_DATABASE_URL"}
    return {**without, "DATABASE_URL": url, "ACCORDANT_DATABASE_ROLE": APP_ROLE}


def _make(world: str, people: int, *, template: str, keys_template: str) -> None:
    """Seed under another name, so that a world which was cut short is never taken for a whole one."""
    draft = f"{template}_making"
    copy_databases(template=template, copy=draft, keys_template=keys_template)
    use_databases(draft)
    with sequencer_beside():
        seed(people)
        wait_until_signed()
    connections.close_all()
    use_databases(template)
    drop_databases(world)  # of which a launcher that was killed just here may have renamed one half
    with _server() as server:
        for old, new in ((draft, world), (name_beside(draft), name_beside(world))):
            server.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))
            )


def _list_worlds(*, beginning: str) -> set[str]:
    """Return the worlds there are, once those that are made of what has changed since are dropped."""
    with _server() as server:
        rows = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [beginning])
        found = {str(name) for (name,) in rows}
    worlds = {name for name in found if name_beside(name) in found}
    outdated = {name for name in worlds if name.rpartition("_")[2] != _digest()}
    for name in outdated:
        drop_databases(name)
    return worlds - outdated


def _digest() -> str:
    """Return what changes with the people, the policy and the tables."""
    files = [Path(__file__).with_name("people.py"), Path(__file__).with_name("world.py")]
    files += sorted(path for floor in ("consent", "activation", "lineage") for path in _migrations(floor))
    parts = [f"{path.relative_to(ROOT)}".encode() + path.read_bytes() for path in files]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:8]


def _migrations(floor: str) -> Iterator[Path]:
    return (ROOT / floor).glob("**/migrations/*.py")


@contextmanager
def _server() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    parameters = connections["default"].get_connection_params()
    where = {key: parameters[key] for key in ("host", "port", "user", "password") if parameters.get(key)}
    with closing(psycopg.connect(dbname="postgres", autocommit=True, **where)) as server:
        yield server
