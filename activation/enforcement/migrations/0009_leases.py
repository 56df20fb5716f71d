from django.db import migrations, models


class Migration(migrations.Migration):
    """A follower claims its position many times a second, for years: its attempts outgrow 32 bits."""

    dependencies = [("activation_enforcement", "0008_missed_withdrawals")]

    operations = [
        migrations.AlterField(
            model_name=model,
            name="attempts",
            field=models.PositiveBigIntegerField(default=0),
        )
        for model in ("feedposition", "parcel")
    ]
