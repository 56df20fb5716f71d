"""Codes outlive their visit."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Codes outlive their visit: they are counted for a day, whoever comes and goes."""

    dependencies = [("consent_portal", "0002_embed")]

    operations = [
        migrations.AlterField(
            model_name="preferencecode",
            name="visit",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="codes",
                to="consent_portal.visit",
            ),
        ),
    ]
