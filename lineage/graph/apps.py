"""Django's entry for `lineage.graph`."""

from django.apps import AppConfig


class GraphConfig(AppConfig):
    """Datasets, jobs and runs, by what events told of them."""

    name = "lineage.graph"
    label = "lineage_graph"
    verbose_name = "Lineage graph"
