from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('activation_enforcement', '0012_failures_of_parcels'),
    ]

    operations = [
        migrations.AddField(
            model_name='enforcementrun',
            name='lineage',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='runorder',
            name='parent_run',
            field=models.CharField(blank=True, max_length=500),
        ),
    ]
