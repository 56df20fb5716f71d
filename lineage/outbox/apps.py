"""Django's entry for `lineage.outbox`."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """OpenLineage events that wait to be emitted."""

    name = "lineage.outbox"
    label = "lineage_outbox"
    verbose_name = "Lineage"
