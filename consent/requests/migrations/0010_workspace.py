"""Indexes for the officers' queue: what waits for approval, and requests with failed steps."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("consent_requests", "0008_packages"), ("consent_requests", "0009_erasure")]

    operations = [
        migrations.AddIndex(
            model_name="request",
            index=models.Index(
                fields=["due_at", "id"],
                condition=Q(proposed_at__isnull=False, approved_at__isnull=True),
                name="request_waits_for_approval",
            ),
        ),
        migrations.AddIndex(
            model_name="step",
            index=models.Index(fields=["request"], condition=Q(state="failed"), name="step_failed_of_request"),
        ),
    ]
