"""Two imports of the law at the same moment, on connections of their own that really commit."""

from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError

from consent.policies.law import importing
from consent.policies.law.importing import import_law
from consent.policies.law.rows import read_table
from tests.integration.test_policy_races import commit, count_events, run_together
from tests.law_world import NOON, as_text, make_table

pytestmark = pytest.mark.usefixtures("committed_database")


def load() -> tuple[int, int]:
    done = import_law(text=as_text(make_table()), at=NOON)
    return done.added, done.unchanged


def test_one_import_writes_the_rows_and_the_other_finds_them() -> None:
    outcomes = run_together(load, load, load)

    assert sorted(outcomes) == [(0, 11), (0, 11), (11, 0)]
    assert len(commit(read_table).provisions) == 6
    assert count_events("law_imported") == 1


def test_without_the_lock_imports_would_clash(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bug that the lock guards against, planted: both look before either writes."""
    together = Barrier(2)
    real = importing._write

    def write_together(*arguments: Any) -> None:
        together.wait(timeout=10)
        real(*arguments)

    monkeypatch.setattr(importing, "_take_turns", lambda: None)
    monkeypatch.setattr(importing, "_write", write_together)

    with pytest.raises(IntegrityError):
        run_together(load, load)
