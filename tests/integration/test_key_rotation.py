"""Rotation: killed, repeated, twice at once, beside erasures, and with a master key that is missing."""

import os
import signal
import subprocess
import sys
import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from pytest_django import Settings

from config.launch.arguments import ROOT
from consent.keys import queries, services
from consent.keys.models import DataKey
from consent.keys.types import DATABASE
from tests.keys_world import BOTH, NEW, OLD, HookedWrapper, at_once, make_refs, read_rows

# Kills itself at the nth wrap: inside a batch's transaction, unless n is the first of a batch.
_DYING_ROTATION = """
import os, signal, sys
import django
django.setup()
from consent.keys import services
from tests.databases import use_databases
from tests.keys_world import BOTH, HookedWrapper
left = int(sys.argv[2])
def die():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
use_databases(sys.argv[1])
wrapper = HookedWrapper(BOTH, die)
services.get_wrapper = lambda: wrapper
services.rotate_keys(batch=10)
"""
UPSERT = """
    INSERT INTO consent_keys_datakey (kek_version, subject_ref, wrapped)
    SELECT %s, * FROM unnest(%s::varchar[], %s::bytea[]) AS rewrapped (subject_ref, wrapped)
    ON CONFLICT (subject_ref) DO UPDATE SET kek_version = excluded.kek_version, wrapped = excluded.wrapped
    RETURNING subject_ref
"""


def make_old_keys(settings: Settings, count: int) -> dict[str, bytes]:
    """Make keys under version 1, then let version 2 be known."""
    settings.MASTER_KEYS = OLD
    keys = services.ensure_keys(make_refs(count))
    settings.MASTER_KEYS = BOTH
    return keys


@pytest.mark.django_db
def test_all_keys_are_rewrapped_and_stay_the_same_keys(settings: Settings) -> None:
    keys = make_old_keys(settings, 25)
    progress: list[tuple[int, int]] = []

    report = services.rotate_keys(batch=10, progress=lambda *done: progress.append(done))

    assert (report.version, report.rotated, report.unreadable) == (2, 25, {})
    assert progress == [(10, 25), (20, 25), (25, 25)]
    settings.MASTER_KEYS = NEW
    assert queries.get_keys(keys) == keys
    assert queries.count_keys_by_version() == {2: 25}


@pytest.mark.django_db
def test_a_second_rotation_changes_nothing(settings: Settings) -> None:
    make_old_keys(settings, 5)
    services.rotate_keys()
    rows = read_rows()

    assert services.rotate_keys().rotated == 0
    assert read_rows() == rows


@pytest.mark.django_db
def test_a_process_that_does_not_know_the_newest_version_takes_nothing_back(settings: Settings) -> None:
    make_old_keys(settings, 5)
    services.rotate_keys()
    rows = read_rows()
    settings.MASTER_KEYS = OLD

    assert services.rotate_keys().rotated == 0
    assert read_rows() == rows


@pytest.mark.django_db
def test_keys_that_do_not_open_are_counted_left_alone_and_do_not_stop_the_others(
    settings: Settings,
) -> None:
    make_old_keys(settings, 25)
    damaged = make_refs(25)[3]
    DataKey.objects.filter(pk=damaged).update(wrapped=b"\x00" * 60)

    report = services.rotate_keys(batch=10)

    assert (report.rotated, report.unreadable) == (24, {1: 1})
    assert (damaged, 1, b"\x00" * 60) in read_rows()


@pytest.mark.django_db
def test_a_master_key_removed_too_early_is_told_and_the_keys_wait_for_it(settings: Settings) -> None:
    keys = make_old_keys(settings, 5)
    rows = read_rows()
    settings.MASTER_KEYS = NEW

    with pytest.raises(CommandError, match=r"5 under version 1\. Put the master key"):
        call_command("rotate_keys", stdout=StringIO(), stderr=StringIO())
    assert read_rows() == rows

    settings.MASTER_KEYS = BOTH
    told = StringIO()
    call_command("rotate_keys", "--batch=2", stdout=told, stderr=StringIO())
    assert told.getvalue() == "Rewrapped 5 keys under version 2.\nversion 2: 5 keys\n"
    assert queries.get_keys(keys) == keys


@pytest.mark.parametrize("nth", [1, 5, 11, 25, 30])
def test_a_rotation_that_is_killed_loses_nothing_and_goes_on(
    committed_database: str, settings: Settings, nth: int
) -> None:
    keys = make_old_keys(settings, 30)

    died = subprocess.run(
        [sys.executable, "-c", _DYING_ROTATION, committed_database, str(nth)],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        check=False,
        timeout=120,
    )

    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    done = (nth - 1) // 10 * 10  # whole batches
    assert [version for _, version, _ in read_rows()] == [2] * done + [1] * (30 - done)
    assert queries.get_keys(keys) == keys
    assert services.rotate_keys().rotated == 30 - done
    assert queries.count_keys_by_version() == {2: 30}
    assert queries.get_keys(keys) == keys


def destroy_beside_a_rotation(monkeypatch: pytest.MonkeyPatch, ref: str) -> None:
    """Destroy the key of `ref` when a rotation has read it and not yet written it."""
    has_read, may_write = threading.Event(), threading.Event()

    def pause() -> None:
        has_read.set()
        assert may_write.wait(timeout=30)

    wrapper = HookedWrapper(BOTH, pause)
    monkeypatch.setattr(services, "get_wrapper", lambda: wrapper)

    def destroy() -> None:
        assert has_read.wait(timeout=30)
        destroyer = threading.Thread(target=at_once, args=[[lambda: services.destroy_keys([ref])]])
        destroyer.start()
        while destroyer.is_alive() and not somebody_waits_for_a_lock():
            pass
        may_write.set()
        destroyer.join(timeout=30)

    at_once([services.rotate_keys, destroy])


def somebody_waits_for_a_lock() -> bool:
    with connections[DATABASE].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.usefixtures("committed_database")
def test_a_key_destroyed_while_it_is_rewrapped_does_not_come_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = make_old_keys(settings, 5)
    ref = make_refs(5)[2]

    destroy_beside_a_rotation(monkeypatch, ref)

    del keys[ref]
    assert queries.get_keys(make_refs(5)) == keys
    assert queries.count_keys_by_version() == {2: 4}


@pytest.mark.usefixtures("committed_database")
def test_a_rotation_that_writes_without_locks_is_what_that_test_catches(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_old_keys(settings, 5)
    ref = make_refs(5)[2]
    monkeypatch.setattr(services, "_REWRAP", UPSERT)
    monkeypatch.setattr("django.db.models.query.QuerySet.select_for_update", lambda self, **_: self)

    destroy_beside_a_rotation(monkeypatch, ref)

    assert ref in queries.get_keys([ref])


@pytest.mark.usefixtures("committed_database")
def test_a_rotation_waits_for_keys_that_somebody_holds(settings: Settings) -> None:
    keys = make_old_keys(settings, 5)
    is_held, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(using=DATABASE):
            DataKey.objects.select_for_update().get(pk=make_refs(5)[2])
            is_held.set()
            assert may_go.wait(timeout=30)

    holder = threading.Thread(target=at_once, args=[[hold]])
    rotation = threading.Thread(target=at_once, args=[[services.rotate_keys]])
    holder.start()
    assert is_held.wait(timeout=30)
    rotation.start()
    while rotation.is_alive() and not somebody_waits_for_a_lock():
        pass
    assert queries.count_keys_by_version() == {1: 1, 2: 4}
    may_go.set()
    holder.join(timeout=30)
    rotation.join(timeout=30)

    assert queries.count_keys_by_version() == {2: 5}
    assert queries.get_keys(keys) == keys


@pytest.mark.usefixtures("committed_database")
def test_rotations_at_once_beside_makers_and_erasures(settings: Settings) -> None:
    keys = make_old_keys(settings, 400)
    refs = list(keys)
    doomed, fresh = refs[::5], [f"sub_new_{number}" for number in range(40)]

    def erase() -> None:
        for ref in doomed:
            services.destroy_keys([ref])

    def make() -> dict[str, bytes]:
        return {ref: key for one in fresh for ref, key in services.ensure_keys([one]).items()}

    def rotate() -> int:
        return services.rotate_keys(batch=7).rotated

    *_, made = at_once([rotate, rotate, rotate, erase, make])

    expected = {ref: key for ref, key in keys.items() if ref not in doomed} | made
    assert queries.get_keys([*refs, *fresh]) == expected
    assert queries.count_keys_by_version() == {2: len(expected)}
