"""A client and its keys become two tables, so that two keys of one client can work at a time."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

QUESTIONS_PER_MINUTE = 60_000
IDENTIFIERS_PER_DAY = 100_000


def split(apps, schema_editor):
    """Make a client of each key."""
    client, key = (apps.get_model("activation_checks", name) for name in ("ApiClient", "ApiKey"))
    for row in key.objects.order_by("pk"):
        row.client = client.objects.create(
            name=row.name,
            scopes=row.scopes,
            questions_per_minute=QUESTIONS_PER_MINUTE,
            identifiers_per_day=IDENTIFIERS_PER_DAY,
            created_at=row.created_at,
            revoked_at=row.revoked_at,
        )
        row.save(update_fields=["client"])


class Migration(migrations.Migration):

    dependencies = [
        ("activation_checks", "0002_explained_decision"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiClient",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True)),
                ("scopes", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=250), size=None)),
                ("is_test", models.BooleanField(default=False, editable=False)),
                ("questions_per_minute", models.PositiveIntegerField(blank=True, null=True)),
                ("identifiers_per_day", models.PositiveIntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField(editable=False)),
                ("revoked_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "API client",
                "permissions": [
                    ("rotate_apiclient", "Can give API clients new keys"),
                    ("limit_apiclient", "Can change the limits of API clients"),
                    ("revoke_apiclient", "Can revoke API clients"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("questions_per_minute__gt", 0), ("questions_per_minute__isnull", True), _connector="OR"),
                        name="checks_apiclient_may_ask",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("identifiers_per_day__gt", 0), ("identifiers_per_day__isnull", True), _connector="OR"),
                        name="checks_apiclient_may_ask_about_people",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="apikey",
            name="client",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="keys", to="activation_checks.apiclient"
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="last_used_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunPython(split, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="apikey",
            name="client",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="keys", to="activation_checks.apiclient"
            ),
        ),
        migrations.RemoveField(model_name="apikey", name="name"),
        migrations.RemoveField(model_name="apikey", name="scopes"),
        migrations.RemoveField(model_name="apikey", name="revoked_at"),
        migrations.RemoveConstraint(model_name="apikey", name="checks_apikey_expires_later"),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gte", models.F("created_at"))), name="checks_apikey_ends_after_it_begins"
            ),
        ),
        migrations.CreateModel(
            name="ClientUsage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("registers", models.BinaryField()),
                ("identifiers", models.PositiveIntegerField()),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="usage", to="activation_checks.apiclient"
                    ),
                ),
            ],
            options={
                "verbose_name": "use by a client",
                "verbose_name_plural": "use by clients",
                "constraints": [models.UniqueConstraint(fields=("client", "day"), name="checks_usage_once_a_day")],
            },
        ),
    ]
