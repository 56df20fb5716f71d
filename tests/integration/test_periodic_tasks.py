"""Every task of the schedule may run again at any time: it finds nothing to do, and harms nothing."""

import pytest
from django.conf import settings

from config.celery import app

TASKS = sorted({entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()})


@pytest.mark.usefixtures("committed_database")
def test_every_periodic_task_runs_twice_where_nothing_waits() -> None:
    app.loader.import_default_modules()

    first = [app.tasks[name].run() for name in TASKS]
    second = [app.tasks[name].run() for name in TASKS]

    assert second == first
