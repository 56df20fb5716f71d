"""Django's entry for `consent.requests`."""

from django.apps import AppConfig


class RequestsConfig(AppConfig):
    """What data subjects ask for, and what becomes of it."""

    name = "consent.requests"
    label = "consent_requests"
    verbose_name = "Data subject requests"
