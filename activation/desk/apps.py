"""Django's entry for `activation.desk`."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """What officers see across floors: what a draft would change, and why a question is answered as it is."""

    name = "activation.desk"
    label = "activation_desk"
    verbose_name = "Desk"
