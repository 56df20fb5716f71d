"""Permissions on the pages about lineage. There is no table."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('activation_desk', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Lineage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
            options={
                'verbose_name': 'lineage',
                'verbose_name_plural': 'lineage',
                'permissions': [('view_lineage', 'Can see lineage: the picture, runs and ungated paths'), ('declare_lineage', 'Can declare datasets and boundaries, and note ungated paths as known')],
                'managed': False,
                'default_permissions': (),
            },
        ),
    ]
