"""Django's entry for `consent.records`."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """What data subjects were told and chose."""

    name = "consent.records"
    label = "consent_records"
    verbose_name = "Consent records"
