"""The project's own Celery application, with shorter times: a schedule should last seconds, not hours.

Its settings are the project's. `CHAOS_MUTANT` names a bug that the worker has.
"""

import os
from datetime import timedelta

import django

django.setup()

from config.celery import app  # noqa: E402 - needs Django set up
from consent.requests.fanning import claiming, ending  # noqa: E402
from tests.chaos.steps.mutants import MUTANTS  # noqa: E402

__all__ = ["app"]

claiming.LEASE = timedelta(seconds=3)
ending._FIRST_REST, ending._LONGEST_REST = timedelta(seconds=0.1), timedelta(seconds=1)
ending.MOST_FAILURES = 1000  # blows count as failures: here they are many, and no time passes
schedule = {name: dict(entry) for name, entry in app.conf.beat_schedule.items()}
schedule["requests.work_steps"]["schedule"] = timedelta(seconds=1)
app.conf.beat_schedule = schedule
if mutant := os.environ.get("CHAOS_MUTANT"):
    MUTANTS[mutant]()
