"""Django's entry for `consent.keys`."""

from django.apps import AppConfig


class KeysConfig(AppConfig):
    """One data key per subject, in a database of their own: destroying it erases what it sealed."""

    name = "consent.keys"
    label = "consent_keys"
    verbose_name = "Data keys"
