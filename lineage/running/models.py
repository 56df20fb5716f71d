"""The table of runs under way."""

from django.db import models


class OpenRun(models.Model):
    """A run that has begun, whose process says now and then that it lives. Gone when the run has ended."""

    run_id = models.UUIDField(primary_key=True)
    alive_until = models.DateTimeField(db_index=True)  # by then it has ended, or said again that it lives
    last_words = models.JSONField()  # the event that its ABORT is made from

    def __str__(self) -> str:
        return str(self.run_id)
