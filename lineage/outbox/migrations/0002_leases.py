from django.db import migrations, models


class Migration(migrations.Migration):
    """Events are leased. What waited waits on; an error longer than 500 characters is cut."""

    dependencies = [("lineage_outbox", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="outboxevent",
            name="leased_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="outboxevent",
            name="attempts",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="outboxevent",
            name="last_error",
            field=models.CharField(blank=True, default="", max_length=500),
        ),
    ]
