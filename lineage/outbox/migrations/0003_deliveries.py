from typing import Any

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from lineage.outbox.transports.names import CONSOLE, FILE, list_names

_EMITTED = """
    INSERT INTO lineage_outbox_delivery
        (event_id, transport, run_id, sequence, failures, attempts, last_error, waiting_since, emitted_at)
    SELECT id, %s, run_id, sequence, 0, attempts, last_error, created_at, emitted_at
    FROM lineage_outbox_outboxevent WHERE emitted_at IS NOT NULL
    ORDER BY id
"""
_OTHERS = """
    INSERT INTO lineage_outbox_delivery
        (event_id, transport, run_id, sequence, failures, attempts, last_error, waiting_since, parked_at,
         next_attempt_at)
    SELECT id, %s, run_id, sequence, CASE WHEN last_error = '' THEN 0 ELSE attempts END, attempts, last_error,
        created_at, parked_at, next_attempt_at
    FROM lineage_outbox_outboxevent WHERE emitted_at IS NULL
    ORDER BY id
"""
_UNREAD = """
    INSERT INTO lineage_outbox_unread (event_id, reader, run_id, sequence)
    SELECT id, %s, run_id, sequence FROM lineage_outbox_outboxevent ORDER BY id
"""
_BACK = """
    UPDATE lineage_outbox_outboxevent event
    SET emitted_at = CASE WHEN one.all_are THEN one.emitted_at END,
        parked_at = CASE WHEN one.all_are THEN NULL ELSE one.parked_at END,
        attempts = one.attempts, last_error = one.last_error
    FROM (
        SELECT event_id, bool_and(emitted_at IS NOT NULL) AS all_are, max(emitted_at) AS emitted_at,
            max(parked_at) AS parked_at, max(attempts) AS attempts, max(last_error) AS last_error
        FROM lineage_outbox_delivery GROUP BY event_id
    ) one
    WHERE one.event_id = event.id
"""


def carry_over(_apps: Any, editor: Any) -> None:
    """What was emitted went to the file, or to the log. What waits goes to all that the settings name now."""
    with editor.connection.cursor() as cursor:
        cursor.execute(_EMITTED, [FILE if settings.LINEAGE_FILE else CONSOLE])
        for name in list_names(settings):
            cursor.execute(_OTHERS, [name])
        for name in settings.LINEAGE_READERS:
            cursor.execute(_UNREAD, [name])


def carry_back(_apps: Any, editor: Any) -> None:
    """An event was emitted if every transport has it."""
    with editor.connection.cursor() as cursor:
        cursor.execute(_BACK)


class Migration(migrations.Migration):
    """An event is evidence; its way to each transport is a row of its own, and so is each reader's."""

    dependencies = [("lineage_outbox", "0002_leases")]

    operations = [
        migrations.CreateModel(
            name="Backend",
            fields=[
                ("transport", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("refusals", models.PositiveIntegerField(default=0)),
                ("rests_until", models.DateTimeField(blank=True, null=True)),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                ("emitted_at", models.DateTimeField(blank=True, null=True)),
                ("last_error", models.CharField(blank=True, default="", max_length=500)),
            ],
            options={"verbose_name": "lineage transport"},
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("attempts", models.PositiveBigIntegerField(default=0)),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                ("next_attempt_at", models.DateTimeField(blank=True, null=True)),
                ("last_error", models.CharField(blank=True, default="", max_length=500)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="lineage_outbox.outboxevent",
                    ),
                ),
                ("transport", models.CharField(max_length=64)),
                ("run_id", models.UUIDField()),
                ("sequence", models.PositiveIntegerField()),
                ("failures", models.PositiveIntegerField(default=0)),
                (
                    "waiting_since",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("emitted_at", models.DateTimeField(blank=True, null=True)),
                ("parked_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "lineage delivery",
                "verbose_name_plural": "lineage deliveries",
                "permissions": [("send_again", "Can have refused lineage events sent again")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("run_id", "transport", "sequence"), name="lineage_delivery_one_place"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("emitted_at__isnull", True), ("parked_at__isnull", True), _connector="OR"
                        ),
                        name="lineage_delivery_one_state",
                    ),
                ],
                "indexes": [
                    models.Index(
                        models.F("transport"),
                        models.Func(
                            models.F("next_attempt_at"),
                            output_field=models.DateTimeField(),
                            template="COALESCE(%(expressions)s, '-infinity'::timestamptz)",
                        ),
                        models.F("id"),
                        condition=models.Q(("emitted_at__isnull", True), ("parked_at__isnull", True)),
                        name="lineage_delivery_turn",
                    ),
                    models.Index(
                        condition=models.Q(("emitted_at__isnull", True), ("parked_at__isnull", True)),
                        fields=["transport", "waiting_since"],
                        name="lineage_delivery_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("parked_at__isnull", False)),
                        fields=["transport", "id"],
                        name="lineage_delivery_parked",
                    ),
                    models.Index(fields=["parked_at", "-id"], name="lineage_delivery_listed"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Unread",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="unread",
                        to="lineage_outbox.outboxevent",
                    ),
                ),
                ("reader", models.CharField(max_length=64)),
                ("run_id", models.UUIDField()),
                ("sequence", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("run_id", "reader", "sequence"), name="lineage_unread_one_place"
                    )
                ],
                "indexes": [models.Index(fields=["reader", "id"], name="lineage_unread_turn")],
            },
        ),
        migrations.RunPython(carry_over, carry_back),
        migrations.RemoveConstraint(model_name="outboxevent", name="lineage_outbox_one_state"),
        migrations.RemoveIndex(model_name="outboxevent", name="lineage_outbox_pending"),
        migrations.RemoveField(model_name="outboxevent", name="attempts"),
        migrations.RemoveField(model_name="outboxevent", name="emitted_at"),
        migrations.RemoveField(model_name="outboxevent", name="last_error"),
        migrations.RemoveField(model_name="outboxevent", name="leased_until"),
        migrations.RemoveField(model_name="outboxevent", name="next_attempt_at"),
        migrations.RemoveField(model_name="outboxevent", name="parked_at"),
        migrations.AddIndex(
            model_name="outboxevent",
            index=models.Index(fields=["created_at", "id"], name="lineage_outbox_by_time"),
        ),
    ]
