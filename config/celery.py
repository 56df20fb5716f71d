"""The Celery application. Its settings are `CELERY_…` in `config.settings`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

app = Celery("accordant")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
