"""Django's entry for `config`, where the parts are put together."""

from django.apps import AppConfig


class HouseConfig(AppConfig):
    """The composition root: settings, commands and the demo. It has no tables."""

    name = "config"
    label = "config"
    verbose_name = "Accordant"

    def ready(self) -> None:
        """Make our Celery application the current one, and tell OpenAPI how callers prove who they are."""
        # They read the settings and the models, which are complete only now.
        from config import celery, mapping_check, openapi  # noqa: F401, PLC0415
        from config.roles import checks  # noqa: F401, PLC0415 - registers itself
