"""An alias knows whether an event of ours told it. Of those there are, nothing is known: they are others'."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the column."""

    dependencies = [("lineage_graph", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="alias",
            name="is_emitted",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
