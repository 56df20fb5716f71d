import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """An erasure that has begun is not called off; what a hold kept is erased by a request of its own."""

    dependencies = [("consent_requests", "0008_packages")]

    operations = [
        migrations.AddField(
            model_name="request",
            name="continues",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="continued_by",
                to="consent_requests.request",
            ),
        ),
        migrations.AddConstraint(
            model_name="request",
            constraint=models.CheckConstraint(
                condition=Q(
                    ("approved_at__isnull", True),
                    Q(("state__in", ["cancelled", "expired", "refused"]), _negated=True),
                    _connector="OR",
                ),
                name="request_begun_erasure_not_called_off",
            ),
        ),
    ]
