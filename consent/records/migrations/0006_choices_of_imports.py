from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('consent_records', '0005_signals_of_imports'),
    ]

    operations = [
        migrations.AddField(
            model_name='importrun',
            name='choices',
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
