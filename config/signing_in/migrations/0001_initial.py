"""Counts of codes that officers tried."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='FactorAttempts',
            fields=[
                ('officer', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('count', models.PositiveIntegerField(default=0)),
                ('since_at', models.DateTimeField()),
                ('spent', models.JSONField(default=dict)),
            ],
        ),
    ]
