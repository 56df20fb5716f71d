"""Django's entry for `consent.ledger`."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The append-only log that every choice, policy and register change goes into."""

    name = "consent.ledger"
    label = "consent_ledger"
    verbose_name = "Ledger"
