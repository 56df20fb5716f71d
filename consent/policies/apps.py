"""Django's entry for `consent.policies`."""

from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    """Purposes, rules, notices and destinations as versioned, approved documents."""

    name = "consent.policies"
    label = "consent_policies"
    verbose_name = "Policies"
