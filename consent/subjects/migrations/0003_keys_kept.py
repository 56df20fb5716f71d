from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """The keys of an erased subject may be kept until a request's last step."""

    dependencies = [("consent_subjects", "0002_lineage_of_erasures")]

    operations = [
        migrations.AddField(
            model_name="subject",
            name="keys_kept_for",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="subject",
            index=models.Index(
                condition=Q(("keys_kept_for__isnull", False)),
                fields=["keys_kept_for"],
                name="subject_keys_kept",
            ),
        ),
        migrations.AddConstraint(
            model_name="subject",
            constraint=models.CheckConstraint(
                condition=Q(("keys_kept_for__isnull", True), ("erased_at__isnull", False), _connector="OR"),
                name="subject_keys_kept_of_the_erased",
            ),
        ),
    ]
