"""Building a store from nothing, beside the one in use."""

from collections.abc import Callable
from pathlib import Path

from activation.snapshots.queries import consistent_view
from activation.snapshots.store.environment import Databases, new_generation, open_to_write
from activation.snapshots.store.forms import Cursor
from activation.snapshots.store.writing import StoreWriter
from activation.snapshots.tailing.people import read_people
from consent.ledger import queries as ledger
from consent.subjects.queries import fingerprint, list_refs_after

PEOPLE_AT_A_TIME = 2_000


def build(home: Path, *, told: Callable[[int], None]) -> tuple[Path, Databases, StoreWriter]:
    """Write a new generation with everybody in it, and return it; nobody reads it yet.

    The feed is to be followed from where it ended when the building began: what happened meanwhile is
    read again. `told` hears how many people are done.
    """
    folder = new_generation(home)
    databases = open_to_write(folder)
    writer = StoreWriter(databases)
    cursor, ref, done = _begin(), "", 0
    while True:
        with consistent_view():
            refs = list_refs_after(ref, limit=PEOPLE_AT_A_TIME)
            people = read_people(refs) if refs else None
        if people is None:
            break
        with writer.writing() as changes:
            people.write(changes)
        ref, done = refs[-1], done + len(refs)
        told(done)
    with writer.writing() as changes:
        changes.put_identity(fingerprint())
        changes.put_cursor(cursor)
    return folder, databases, writer


def _begin() -> Cursor:
    with consistent_view():
        size = ledger.get_size()
        found = ledger.list_touched(after=size, limit=0) if size else []
    return Cursor(size, found[0].leaf_hash) if found else Cursor()
