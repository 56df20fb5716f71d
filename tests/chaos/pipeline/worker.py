"""The project's own Celery application, with shorter times: a schedule should last seconds, not hours.

Its settings are the project's. `CHAOS_MUTANT` names a bug that the worker has.
"""

import os
from datetime import timedelta

import django

django.setup()

from activation.enforcement.suppression import forming, leasing, pacing  # noqa: E402 - needs Django set up
from config.celery import app  # noqa: E402
from tests.chaos.pipeline.mutants import MUTANTS  # noqa: E402

__all__ = ["app"]

LEASE = timedelta(seconds=float(os.environ.get("CHAOS_LEASE", "3")))
EVERY = timedelta(seconds=1)
OFTEN = {"enforcement.deliver_suppressions", "enforcement.follow_feed"}

leasing.LEASE = LEASE
leasing.keep_leased.__wrapped__.__kwdefaults__["lease"] = LEASE  # type: ignore[attr-defined]
pacing.FIRST_REST, pacing.LONGEST_REST = timedelta(seconds=0.1), timedelta(seconds=1)
forming.MOST_IN_A_PARCEL = 5  # many parcels, so that many are struck
schedule = {name: dict(entry) for name, entry in app.conf.beat_schedule.items()}
for entry in schedule.values():
    if entry["task"] in OFTEN:
        entry["schedule"] = EVERY
app.conf.beat_schedule = schedule
if mutant := os.environ.get("CHAOS_MUTANT"):
    MUTANTS[mutant]()
