"""Django's entry for `activation.enforcement`."""

from django.apps import AppConfig


class EnforcementConfig(AppConfig):
    """Runs that let data leave, only if allowed."""

    name = "activation.enforcement"
    label = "activation_enforcement"
    verbose_name = "Enforcement"
