from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """An erasure that is not done yet has a run in lineage."""

    dependencies = [("consent_subjects", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="subject",
            name="erasure_run",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="subject",
            index=models.Index(
                condition=Q(("erasure_run__isnull", False)),
                fields=["erasure_run"],
                name="subject_erasure_under_way",
            ),
        ),
    ]
