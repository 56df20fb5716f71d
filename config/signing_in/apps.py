"""Django's entry for signing in."""

from django.apps import AppConfig


class SigningInConfig(AppConfig):
    """Signing in, in front of the admin."""

    name = "config.signing_in"
    label = "config_signing_in"
    verbose_name = "Signing in"

    def ready(self) -> None:
        """Have Django's checks look at the settings, and refuse to start with unsafe ones."""
        from config.signing_in import checks  # noqa: PLC0415 - the settings are complete only now

        checks.insist()
