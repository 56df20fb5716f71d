"""What a package needs to know of data: whether it was worked out, and whether people wrote it."""

from typing import ClassVar

from django.db import migrations, models

_DERIVED = "Worked out from other data, not given or observed: not portable (Art. 20)."


class Migration(migrations.Migration):
    dependencies: ClassVar = [("consent_requests", "0007_steps")]

    operations: ClassVar = [
        migrations.AddField("dataset", "is_derived", models.BooleanField(default=False, help_text=_DERIVED)),
        migrations.AddField("field", "is_derived", models.BooleanField(default=False, help_text=_DERIVED)),
        migrations.AddField(
            "field",
            "is_free_text",
            models.BooleanField(
                default=False,
                help_text="Written by people: addresses and numbers of others in it are hidden.",
            ),
        ),
    ]
