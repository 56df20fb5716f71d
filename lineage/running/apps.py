"""Django's entry for `lineage.running`."""

from django.apps import AppConfig


class RunningConfig(AppConfig):
    """Runs that have begun and not ended."""

    name = "lineage.running"
    label = "lineage_running"
    verbose_name = "Runs under way"
