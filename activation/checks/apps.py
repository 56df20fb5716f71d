"""Django's entry for `activation.checks`."""

from django.apps import AppConfig


class ChecksConfig(AppConfig):
    """The consent-check API and the keys of its callers."""

    name = "activation.checks"
    label = "activation_checks"
    verbose_name = "Consent checks"
