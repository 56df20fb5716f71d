"""The schedule asks for tasks that there are."""

from django.conf import settings

from config.celery import app


def test_every_task_of_the_schedule_is_one_that_a_worker_knows() -> None:
    app.loader.import_default_modules()

    asked = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert asked - set(app.tasks) == set()
