from django.db import migrations, models


class Migration(migrations.Migration):
    """Runs that have begun and not ended."""

    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="OpenRun",
            fields=[
                ("run_id", models.UUIDField(primary_key=True, serialize=False)),
                ("alive_until", models.DateTimeField(db_index=True)),
                ("last_words", models.JSONField()),
            ],
        ),
    ]
