"""Celery: the broker, the queues, and what is looked for how often."""

from datetime import timedelta
from typing import Any

from config.env import env

# The broker carries ids and nothing else, and may lose them: the rows in PostgreSQL are the truth. Why each
# is as it is: docs/explanation/leased-work.md.
CELERY_BROKER_URL: str = env("BROKER_URL")
CELERY_BROKER_CONNECTION_RETRY = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # else a worker ends when its broker is away for an hour
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,  # longer than the hard time limit, or a running task would start twice
    "unacked_restore_throttle": 1,  # else a killed worker's tasks come back minutes late
    "socket_connect_timeout": 4,  # else who wakes a worker waits for a broker that is gone without a word
    "socket_keepalive": True,
}
CELERY_TASK_DEFAULT_QUEUE = "default"
QUEUES = ("withdrawals", "default", "runs")  # a worker takes from all of them, or from those of `-Q`
CELERY_TASK_QUEUES: dict[str, dict[str, str]] = {name: {"routing_key": name} for name in QUEUES}
# What lasts has workers of its own, and so has what must not wait: a run starves no withdrawal.
CELERY_TASK_ROUTES = {
    "enforcement.deliver_suppressions": {"queue": "withdrawals"},
    "enforcement.follow_feed": {"queue": "withdrawals"},
    "enforcement.run_queued": {"queue": "runs"},
    "enforcement.measure_queued": {"queue": "runs"},
    "enforcement.reconcile": {"queue": "runs"},
    "requests.ask_long": {"queue": "runs"},
    "desk.simulate": {"queue": "runs"},
    "desk.trace": {"queue": "runs"},
    "desk.report_breach": {"queue": "runs"},
    "requests.build_packages": {"queue": "runs"},
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_ACKS_ON_FAILURE_OR_TIMEOUT = (
    True  # what failed is not sent again and again: the schedule finds it
)
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_DELIVERY_MODE = "persistent"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 270
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_CONSUMER = "config.consuming:Consumer"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_DISABLE_PREFETCH = True  # nothing waits in a busy worker while another is idle
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # leases and locks outlive a broker
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20  # seconds to finish in; then what runs is given back
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 800_000  # KiB, looked at after each task: what leaked goes
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "lineage.emit_pending": {"task": "lineage.emit_pending", "schedule": timedelta(seconds=10)},
    "lineage.close_dead_runs": {"task": "lineage.close_dead_runs", "schedule": timedelta(minutes=1)},
    "lineage.load_graph": {
        "task": "lineage.load_graph",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 60},
    },
    "lineage.forget_runs": {"task": "lineage.forget_runs", "schedule": timedelta(days=1)},
    "lineage.forget_emitted": {"task": "lineage.forget_emitted", "schedule": timedelta(days=1)},
    "records.continue_invalidation": {
        "task": "records.continue_invalidation",
        "schedule": timedelta(seconds=10),
    },
    "ledger.apply_retention": {"task": "ledger.apply_retention", "schedule": timedelta(days=1)},
    "records.forget_pruned": {"task": "records.forget_pruned", "schedule": timedelta(days=1)},
    # A simulation's message may be lost: the schedule finds what waits.
    "desk.simulate": {"task": "desk.simulate", "schedule": timedelta(seconds=10)},
    "desk.forget_runs": {"task": "desk.forget_runs", "schedule": timedelta(days=1)},
    "desk.trace": {"task": "desk.trace", "schedule": timedelta(seconds=10)},
    "desk.report_breach": {"task": "desk.report_breach", "schedule": timedelta(seconds=10)},
    "desk.forget_reports": {"task": "desk.forget_reports", "schedule": timedelta(hours=1)},
    "desk.forget_visits": {"task": "desk.forget_visits", "schedule": timedelta(minutes=10)},
    # What waits for a worker is found even if its message was lost, or the worker was killed.
    "enforcement.run_queued": {
        "task": "enforcement.run_queued",
        "schedule": timedelta(seconds=10),
    },
    "enforcement.measure_queued": {
        "task": "enforcement.measure_queued",
        "schedule": timedelta(seconds=10),
    },
    # What followers of the feed do at once is looked for every few seconds, too.
    "changes.wake": {"task": "changes.wake", "schedule": timedelta(seconds=5), "options": {"expires": 30}},
    "enforcement.run_due": {"task": "enforcement.run_due", "schedule": timedelta(seconds=30)},
    "enforcement.check_standing": {"task": "enforcement.check_standing", "schedule": timedelta(minutes=1)},
    "enforcement.compact_holdings": {
        "task": "enforcement.compact_holdings",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "enforcement.forget_orders": {"task": "enforcement.forget_orders", "schedule": timedelta(days=1)},
    "enforcement.forget_runs": {"task": "enforcement.forget_runs", "schedule": timedelta(days=1)},
    # A wake-up may be lost: the schedule finds what waits.
    "enforcement.deliver_suppressions": {
        "task": "enforcement.deliver_suppressions",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 30},
    },
    "enforcement.forget_suppressions": {
        "task": "enforcement.forget_suppressions",
        "schedule": timedelta(days=1),
    },
    "enforcement.run_self_test": {"task": "enforcement.run_self_test", "schedule": timedelta(days=1)},
    # Beside `run_follower`, which is faster: what it would do is done, later, if it is not there.
    "enforcement.follow_feed": {
        "task": "enforcement.follow_feed",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 30},
    },
    "enforcement.sweep_pages": {
        "task": "enforcement.sweep_pages",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 30},
    },
    "enforcement.check_memberships": {
        "task": "enforcement.check_memberships",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3600},
    },
    # How far recipients are of whom a request waits for.
    "enforcement.tell_recipients": {
        "task": "enforcement.tell_recipients",
        "schedule": timedelta(seconds=15),
        "options": {"expires": 30},
    },
    "enforcement.reconcile": {
        "task": "enforcement.reconcile",
        "schedule": timedelta(days=1),
        "options": {"expires": 3600},
    },
    # What officers read of choices, day by day.
    "desk.count_choices": {
        "task": "desk.count_choices",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 60},
    },
    "requests.expire_stale": {"task": "requests.expire_stale", "schedule": timedelta(hours=1)},
    "requests.forget_content": {"task": "requests.forget_content", "schedule": timedelta(days=1)},
    # A step's wake-up may be lost, and its worker killed: the schedule finds what waits.
    "requests.work_steps": {
        "task": "requests.work_steps",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 30},
    },
    "requests.send_messages": {"task": "requests.send_messages", "schedule": timedelta(seconds=10)},
    "requests.tell_callers": {"task": "requests.tell_callers", "schedule": timedelta(seconds=10)},
    "requests.forget_messages": {"task": "requests.forget_messages", "schedule": timedelta(hours=6)},
    "requests.forget_uses": {"task": "requests.forget_uses", "schedule": timedelta(hours=6)},
    # What people wait for at the preference centre, and what is over of it.
    "portal.send_messages": {"task": "portal.send_messages", "schedule": timedelta(seconds=10)},
    "portal.forget": {"task": "portal.forget", "schedule": timedelta(hours=1)},
    "records.forget_answers": {"task": "records.forget_answers", "schedule": timedelta(hours=1)},
    "subjects.sweep_erased_keys": {"task": "subjects.sweep_erased_keys", "schedule": timedelta(hours=1)},
    "requests.remind": {"task": "requests.remind", "schedule": timedelta(hours=1)},
    "requests.build_packages": {"task": "requests.build_packages", "schedule": timedelta(seconds=10)},
    "requests.expire_packages": {"task": "requests.expire_packages", "schedule": timedelta(hours=1)},
    "signing_in.forget_sessions": {"task": "signing_in.forget_sessions", "schedule": timedelta(hours=6)},
    "signing_in.forget_attempts": {"task": "signing_in.forget_attempts", "schedule": timedelta(hours=1)},
}
# What no worker took by then is dropped: one that comes back finds the newest wake-up, not a pile of them.
for _entry in CELERY_BEAT_SCHEDULE.values():
    _entry.setdefault("options", {"expires": max(60.0, _entry["schedule"].total_seconds())})
