"""Data keys: one for each subject, in a database of their own, gone when they are destroyed."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connections, router, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from consent.keys import queries, services
from consent.keys.models import DataKey
from consent.keys.types import DATABASE, KeysUnavailable, KeyUnreadable
from consent.subjects.models import Subject
from tests.keys_world import BOTH, NEW, OLD, HookedWrapper, at_once, make_refs, read_rows

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LAST_WINS = services._ADD.replace("DO NOTHING", "DO UPDATE SET wrapped = excluded.wrapped")


@pytest.fixture
def keys_down() -> Iterator[None]:
    """Point the keys' alias at a server that is not there."""
    outer = connections[DATABASE]
    down = outer.copy()
    down.settings_dict = {**down.settings_dict, "HOST": "127.0.0.1", "PORT": "1", "OPTIONS": {}}
    connections[DATABASE] = down
    try:
        yield
    finally:
        connections[DATABASE] = outer


def count_statements(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connections[DATABASE]) as captured:
        work()
    return len(captured)


def test_a_key_is_made_once_and_is_the_same_ever_after() -> None:
    made = services.ensure_keys(["sub_b", "sub_a", "sub_b"])

    assert made.keys() == {"sub_a", "sub_b"}
    assert {len(key) for key in made.values()} == {32}
    assert services.ensure_keys(["sub_a", "sub_b"]) == made
    assert queries.get_keys(["sub_a", "sub_b", "sub_c"]) == made
    assert queries.count_keys_by_version() == {1: 2}


def test_nothing_is_made_for_nobody_or_by_reading() -> None:
    assert services.ensure_keys([]) == {}
    assert queries.get_keys(["sub_a"]) == {}
    assert queries.count_keys_by_version() == {}


def test_only_the_missing_are_made() -> None:
    first = services.ensure_keys(["sub_b"])

    both = services.ensure_keys(["sub_a", "sub_b"])

    assert both["sub_b"] == first["sub_b"]
    assert both["sub_a"] != first["sub_b"]


def test_the_number_of_statements_does_not_grow_with_the_number_of_keys() -> None:
    made = [count_statements(partial(services.ensure_keys, make_refs(count))) for count in (1, 300)]
    read = [count_statements(partial(queries.get_keys, make_refs(count))) for count in (1, 300)]
    gone = [count_statements(partial(services.destroy_keys, make_refs(count))) for count in (1, 300)]

    assert made[0] == made[1] <= 4  # the savepoint of the test's own transaction counts
    assert read == [1, 1]
    assert gone[0] == gone[1] <= 4


def test_rows_that_changed_places_are_refused(settings: Settings) -> None:
    services.ensure_keys(["sub_a", "sub_b"])
    swap_rows()

    for ref in ("sub_a", "sub_b"):
        with pytest.raises(KeyUnreadable, match="does not open"):
            queries.get_keys([ref])


def test_a_wrapper_that_binds_nothing_would_take_them(settings: Settings) -> None:
    settings.KEY_WRAPPER = "tests.keys_world.make_unbound_wrapper"
    keys = services.ensure_keys(["sub_a", "sub_b"])
    swap_rows()

    assert queries.get_keys(["sub_a", "sub_b"]) == {"sub_a": keys["sub_b"], "sub_b": keys["sub_a"]}


def swap_rows() -> None:
    (_, _, one), (_, _, other) = read_rows()
    DataKey.objects.filter(pk="sub_a").update(wrapped=other)
    DataKey.objects.filter(pk="sub_b").update(wrapped=one)


def test_a_row_that_claims_another_version_is_refused(settings: Settings) -> None:
    settings.MASTER_KEYS = OLD
    services.ensure_keys(["sub_a"])
    DataKey.objects.update(kek_version=2)
    settings.MASTER_KEYS = BOTH

    with pytest.raises(KeyUnreadable):
        queries.get_keys(["sub_a"])


def test_a_master_key_removed_too_early_is_named_and_nothing_is_lost(settings: Settings) -> None:
    settings.MASTER_KEYS = OLD
    keys, rows = services.ensure_keys(["sub_a"]), read_rows()

    settings.MASTER_KEYS = NEW
    for read in (queries.get_keys, services.ensure_keys):
        with pytest.raises(KeyUnreadable, match="Put version 1 back into ACCORDANT_MASTER_KEYS"):
            read(["sub_a", "sub_b"])
    assert read_rows() == rows

    settings.MASTER_KEYS = BOTH
    assert queries.get_keys(["sub_a"]) == keys


def test_a_destroyed_key_is_gone_and_others_stay() -> None:
    keys = services.ensure_keys(["sub_a", "sub_b"])

    assert services.destroy_keys(["sub_a", "sub_c"]) == 1
    assert services.destroy_keys(["sub_a"]) == 0
    assert queries.get_keys(["sub_a", "sub_b"]) == {"sub_b": keys["sub_b"]}


def test_a_sweep_keeps_the_keys_of_those_who_exist_and_young_ones() -> None:
    services.ensure_keys(["sub_exists", "sub_orphan", "sub_young"])
    DataKey.objects.exclude(pk="sub_young").update(created_at=NOON - timedelta(days=2))
    DataKey.objects.filter(pk="sub_young").update(created_at=NOON)
    asked: list[str] = []

    def exists(refs: Sequence[str]) -> set[str]:
        asked.extend(refs)
        return {"sub_exists"}

    assert services.sweep_orphans(exists=exists, older_than=NOON) == 1
    assert asked == ["sub_exists", "sub_orphan"]
    assert [ref for ref, _, _ in read_rows()] == ["sub_exists", "sub_young"]


def test_a_sweep_goes_through_all_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_SWEPT_AT_ONCE", 3)
    refs = make_refs(10)
    services.ensure_keys(refs)
    DataKey.objects.update(created_at=NOON)
    kept = set(refs[::4])

    swept = services.sweep_orphans(exists=kept.intersection, older_than=NOON + timedelta(seconds=1))

    assert swept == 7
    assert {ref for ref, _, _ in read_rows()} == kept


@pytest.mark.parametrize("changes", [{"kek_version": 0}, {"subject_ref": ""}])
def test_the_table_refuses_what_is_no_key(changes: dict[str, object]) -> None:
    row: dict[str, object] = {"subject_ref": "sub_a", "kek_version": 1, "wrapped": b"x", **changes}

    with pytest.raises(IntegrityError), transaction.atomic(using=DATABASE):
        DataKey.objects.create(**row)

    assert not read_rows()


def test_no_log_line_shows_a_key(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), CaptureQueriesContext(connections[DATABASE]) as captured:
        keys = services.ensure_keys(make_refs(3))
        queries.get_keys(make_refs(3))
    told = caplog.text + repr(captured.captured_queries)

    assert "INSERT INTO consent_keys_datakey" in told
    for secret in (*keys.values(), *BOTH.values()):
        assert secret.hex() not in told
        assert repr(secret)[2:-1] not in told


def test_a_version_may_be_known_before_it_is_used(settings: Settings) -> None:
    settings.MASTER_KEYS, settings.MASTER_KEY_VERSION = BOTH, 1
    services.ensure_keys(["sub_a"])
    settings.MASTER_KEY_VERSION = None
    services.ensure_keys(["sub_b"])

    settings.MASTER_KEY_VERSION = 1  # a process that is behind
    assert queries.get_keys(["sub_a", "sub_b"]).keys() == {"sub_a", "sub_b"}
    assert services.rotate_keys().rotated == 0
    assert queries.count_keys_by_version() == {1: 1, 2: 1}


def test_a_version_to_use_that_has_no_key_is_refused(settings: Settings) -> None:
    settings.MASTER_KEY_VERSION = 7

    with pytest.raises(ImproperlyConfigured, match="ACCORDANT_MASTER_KEY_VERSION is 7"):
        services.ensure_keys(["sub_a"])

    assert not read_rows()


def test_a_wrapper_that_is_not_there_is_named(settings: Settings) -> None:
    settings.KEY_WRAPPER = "acme.kms.make_wrapper"

    with pytest.raises(ImproperlyConfigured, match=r"names acme\.kms\.make_wrapper"):
        services.ensure_keys(["sub_a"])

    assert not read_rows()


@pytest.mark.usefixtures("keys_down")
def test_a_database_that_is_down_is_said_as_such() -> None:
    works: list[Callable[[], object]] = [
        lambda: services.ensure_keys(["sub_a"]),
        lambda: services.destroy_keys(["sub_a"]),
        services.rotate_keys,
        lambda: services.sweep_orphans(exists=set, older_than=NOON),
        lambda: queries.get_keys(["sub_a"]),
        queries.count_keys_by_version,
    ]
    for work in works:
        with pytest.raises(KeysUnavailable) as refusal:
            work()
        assert (refusal.value.status, refusal.value.code) == (503, "keys_unavailable")


@pytest.mark.usefixtures("keys_down")
def test_without_the_keys_the_service_is_not_ready(client: Client) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert (answer.json()["parts"]["keys"], answer.json()["parts"]["database"]) == ("failed", "ok")


def test_the_keys_database_holds_the_keys_and_no_other_table() -> None:
    tables = {alias: set(connections[alias].introspection.table_names()) for alias in connections}

    assert tables[DATABASE] == {
        "consent_keys_datakey",
        "django_migrations",
    }  # the second is Django's own book
    assert "consent_keys_datakey" not in tables["default"]
    assert connections[DATABASE].settings_dict["NAME"] != connections["default"].settings_dict["NAME"]


def test_every_other_model_stays_out_of_the_keys_database() -> None:
    for model in apps.get_models(include_auto_created=True):
        is_key = model is DataKey
        assert (router.db_for_write(model) == DATABASE) is is_key
        assert (router.db_for_read(model) == DATABASE) is is_key
        assert router.allow_migrate_model(DATABASE, model) is is_key
        assert router.allow_migrate_model("default", model) is not is_key


class TestCommitted:
    """What needs commits that others see."""

    @pytest.fixture(autouse=True)
    def _committed(self, committed_database: str) -> None:
        pass

    def test_a_key_outlives_the_transaction_that_its_caller_rolls_back(self) -> None:
        with transaction.atomic():
            Subject.objects.create(ref="sub_a")
            keys = services.ensure_keys(["sub_a"])
            transaction.set_rollback(True)

        assert not Subject.objects.exists()
        assert queries.get_keys(["sub_a"]) == keys

    def test_a_transaction_that_could_take_a_key_back_is_refused(self) -> None:
        for write in (services.ensure_keys, services.destroy_keys):
            with pytest.raises(RuntimeError, match="durable"), transaction.atomic(using=DATABASE):
                write(["sub_a"])

        assert not read_rows()

    def test_makers_at_once_get_one_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        first, second = self.make_at_once(monkeypatch)

        assert first == second == queries.get_keys(make_refs(20))

    def test_a_last_maker_that_wins_is_what_that_test_catches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(services, "_ADD", LAST_WINS)

        first, second = self.make_at_once(monkeypatch)

        assert first != second

    @staticmethod
    def make_at_once(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, bytes]]:
        """Let two make the same keys, in other orders; each has seen that none is there."""
        both_looked = threading.Barrier(2, timeout=30)
        wrapper = HookedWrapper(OLD, both_looked.wait)
        monkeypatch.setattr(services, "get_wrapper", lambda: wrapper)
        refs = make_refs(20)
        return at_once([lambda: services.ensure_keys(refs), lambda: services.ensure_keys(refs[::-1])])

    def test_many_makers_of_overlapping_sets_agree(self) -> None:
        refs = make_refs(60)
        sets = [refs[start : start + 30][::step] for start in range(0, 31, 10) for step in (1, -1)]

        made = at_once([partial(services.ensure_keys, refs) for refs in sets])

        stored = queries.get_keys(refs)
        assert len(stored) == 60
        assert all(keys.items() <= stored.items() for keys in made)
