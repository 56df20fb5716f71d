"""Django's entry for `consent.subjects`."""

from django.apps import AppConfig


class SubjectsConfig(AppConfig):
    """Pseudonymous data subjects, their identifiers and the links between them."""

    name = "consent.subjects"
    label = "consent_subjects"
    verbose_name = "Data subjects"
