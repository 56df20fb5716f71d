from django.db import migrations, models

_CAUSES = ["withdrawal", "erasure", "string", "expiry", "policy", "change", "reconciliation"]


class Migration(migrations.Migration):

    dependencies = [
        ('activation_enforcement', '0014_recipients'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='suppression',
            name='suppression_cause_known',
        ),
        migrations.AlterField(
            model_name='suppression',
            name='cause',
            field=models.CharField(choices=[(cause, cause) for cause in _CAUSES], max_length=16),
        ),
        migrations.AddConstraint(
            model_name='suppression',
            constraint=models.CheckConstraint(condition=models.Q(('cause__in', _CAUSES)), name='suppression_cause_known'),
        ),
    ]
