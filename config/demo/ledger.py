"""The story's end: the whole ledger verified, and a copy of it in which one byte was changed."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
from django.db import connections
from psycopg import IsolationLevel

from config.demo.evidence import StoryFailed
from config.demo.telling import Teller
from config.env import ROOT
from consent.ledger import queries

SEAL_TIMEOUT = 60.0  # seconds
_PARAMETERS = ("host", "port", "user", "password", "dbname")
_SCHEMA = "accordant_demo_copy"
_COPIED = ("leaf", "treenode", "checkpoint", "privatepart", "pendingevent")
"""Of one moment: requests are still worked on."""
_FOUND = "ledgerverification"
"""What is found in the copy stays in it."""
_MAKE = f"CREATE TABLE {_SCHEMA}.consent_ledger_{{0}} (LIKE public.consent_ledger_{{0}} INCLUDING ALL)"
_FILL = f"INSERT INTO {_SCHEMA}.consent_ledger_{{0}} SELECT * FROM public.consent_ledger_{{0}}"  # noqa: S608 - our own names


def verify(*, teller: Teller) -> dict[str, str]:
    """Verify the ledger, then a copy of it with one byte changed, tell both, and return what was said.

    :raises StoryFailed: if the ledger does not verify, or the changed copy does.
    """
    _wait_until_signed()
    code, said = _run({})
    if code:
        raise StoryFailed(f"the ledger does not verify:\n{said}")
    teller.say("verify_ledger")
    _tell(said, teller)
    with _changed_copy() as index:
        code, said_of_copy = _run({"PGOPTIONS": f"-c search_path={_SCHEMA},public"})
    if not code or f"leaf {index} " not in said_of_copy:
        raise StoryFailed(f"a changed byte of leaf {index} in a copy was not found:\n{said_of_copy}")
    teller.say(f"verify_ledger, on a copy with one byte of leaf {index} changed")
    _tell(said_of_copy, teller)
    return {"ledger": said, "changed_copy": said_of_copy}


def _tell(said: str, teller: Teller) -> None:
    for line in said.splitlines():
        teller.say(f"  {line}")


def _wait_until_signed() -> None:
    deadline = time.monotonic() + SEAL_TIMEOUT
    while queries.count_pending() or queries.get_checkpoint(covering=queries.get_size() - 1) is None:
        if time.monotonic() > deadline:
            raise StoryFailed("the ledger was not signed: is the sequencer running?")
        time.sleep(0.05)


def _run(variables: dict[str, str]) -> tuple[int, str]:
    """Return exit code and output of `verify_ledger` in a process of its own."""
    done = subprocess.run(  # noqa: S603 - a command of ours
        [sys.executable, str(ROOT / "manage.py"), "verify_ledger"],
        env={**_without_role(), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [line for line in done.stderr.splitlines() if not line.endswith(" leaves")]  # that is progress
    return done.returncode, "\n".join([*done.stdout.splitlines(), *errors])


def _without_role() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "ACCORDANT_DATABASE_ROLE"}


@contextmanager
def _changed_copy() -> Iterator[int]:
    """Give the index of a leaf of which a byte is changed, in a schema of its own beside the ledger."""
    parameters = connections["default"].get_connection_params()
    own = {name: parameters[name] for name in _PARAMETERS if parameters.get(name)}
    with closing(psycopg.connect(**own, autocommit=True)) as owner:
        owner.execute(f"DROP SCHEMA IF EXISTS {_SCHEMA} CASCADE")
        owner.isolation_level = IsolationLevel.REPEATABLE_READ
        with owner.transaction():
            owner.execute(f"CREATE SCHEMA {_SCHEMA}")
            for table in (*_COPIED, _FOUND):
                owner.execute(_MAKE.format(table))
            for table in _COPIED:
                owner.execute(_FILL.format(table))
        try:
            yield _change_a_byte(owner)
        finally:
            owner.execute(f"DROP SCHEMA {_SCHEMA} CASCADE")


def _change_a_byte(owner: "psycopg.Connection[tuple[int]]") -> int:
    """Turn a grant in the middle of the copy into something else, and return its index."""
    row = owner.execute(
        f"""
        UPDATE {_SCHEMA}.consent_ledger_leaf
        SET envelope = overlay(envelope PLACING 'G'::bytea FROM position('granted'::bytea IN envelope) FOR 1)
        WHERE index = (
            SELECT index FROM {_SCHEMA}.consent_ledger_leaf
            WHERE kind = 'choice_recorded' AND position('granted'::bytea IN envelope) > 0
            ORDER BY index OFFSET 1000 LIMIT 1
        )
        RETURNING index
        """  # noqa: S608 - our own names
    ).fetchone()
    if row is None:
        raise StoryFailed("there is no grant to change in the copy")
    return row[0]
