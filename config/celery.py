"""The Celery application. Its settings are `CELERY_…` in `config.settings`."""

import os

from celery import Celery
from celery.signals import worker_ready

from lineage.leases.waking import wake

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

app = Celery("accordant")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def sweep_keys(**_: object) -> None:
    """Have the keys of erased subjects destroyed once a worker runs: a restore may have brought them back."""
    wake("subjects.sweep_erased_keys", days=None)
