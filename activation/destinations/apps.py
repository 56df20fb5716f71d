"""Django's entry for `activation.destinations`."""

from django.apps import AppConfig


class DestinationsConfig(AppConfig):
    """The register of recipients that data may leave to."""

    name = "activation.destinations"
    label = "activation_destinations"
    verbose_name = "Destinations"
