"""The schedule asks for tasks that there are; queues keep long work from what must not wait."""

from typing import Any

import pytest
from django.conf import settings

from config.celery import app
from lineage.leases.waking import NoId, wake

LONGEST_HELD = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]


def own_tasks() -> dict[str, Any]:
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def queue_of(task: str) -> str:
    return str(app.amqp.router.route({}, task)["queue"].name)


def limit_of(task: Any) -> float:
    return float(task.time_limit or app.conf.task_time_limit)


def test_every_task_of_the_schedule_is_one_that_a_worker_knows() -> None:
    asked = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert asked - set(own_tasks()) == set()


def test_no_message_of_the_schedule_outlives_the_next_ones() -> None:
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        every = entry["schedule"].total_seconds()
        assert 0 < entry["options"]["expires"] <= max(60, every)
        assert not entry.get("args")
        assert not entry.get("kwargs")


def test_what_a_worker_may_hold_for_long_is_done_with_at_its_beginning_and_has_workers_of_its_own() -> None:
    """A broker gives to others what is held for longer than its visibility timeout, while it is worked on."""
    tasks = own_tasks()
    long = {name for name, task in tasks.items() if limit_of(task) >= LONGEST_HELD}

    assert long == {
        "enforcement.run_queued",
        "enforcement.measure_queued",
        "enforcement.reconcile",
        "desk.simulate",
        "desk.trace",
        "desk.report_breach",
        "requests.ask_long",
        "requests.build_packages",
    }
    assert {queue_of(name) for name in long} == {"runs"}
    assert not any(tasks[name].acks_late for name in long)
    assert all(task.acks_late for name, task in tasks.items() if name not in long)
    assert "runs" not in {queue_of(name) for name in tasks if name not in long}


def test_withdrawals_have_a_queue_of_their_own() -> None:
    assert queue_of("enforcement.deliver_suppressions") == "withdrawals"
    assert queue_of("lineage.emit_pending") == "default"
    assert set(settings.QUEUES) == set(settings.CELERY_TASK_QUEUES) == {"withdrawals", "default", "runs"}
    assert {queue_of(name) for name in own_tasks()} == set(settings.QUEUES)


@pytest.mark.parametrize(
    "told", ["alice@example.com", "+49 170 1234567", "two words", "", "x" * 65, {"a": 1}]
)
def test_a_message_with_more_than_ids_is_refused_and_not_told(told: Any) -> None:
    with pytest.raises(NoId) as refused:
        wake("some.task", run_id=told)

    assert not told or str(told) not in str(refused.value)
