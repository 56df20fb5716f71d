"""Django's entry for `activation.changes`."""

from django.apps import AppConfig


class ChangesConfig(AppConfig):
    """Subscriptions to consent changes."""

    name = "activation.changes"
    label = "activation_changes"
    verbose_name = "Consent changes"
