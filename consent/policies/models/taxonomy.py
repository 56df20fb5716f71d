"""The organisation's own terms, beside those of fideslang."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from consent.policies.taxonomy.terms import (
    DOTTED_FORM,
    LONGEST_DESCRIPTION,
    LONGEST_KEY,
    LONGEST_NAME,
    SLUG_FORM,
    expected_form,
    parent_of,
)

# Plain texts: constraints are copied into migrations, which must not depend on the enum of the day.
_DOTTED_KINDS = ["data_use", "data_category"]
_SLUG_KINDS = ["data_subject"]
_KINDS = _DOTTED_KINDS + _SLUG_KINDS
_SOURCES = ["fides", "officer"]


class TaxonomyTerm(models.Model):
    """One data use, data category or data subject that the organisation added, renamed or switched off.

    What fideslang ships has no row of its own. A term that is switched off stays, because versions of
    policies may name it; new ones may not.
    """

    kind = models.CharField(max_length=16, choices=[(kind, kind.replace("_", " ")) for kind in _KINDS])
    key = models.CharField(max_length=LONGEST_KEY)
    name = models.CharField(max_length=LONGEST_NAME)
    description = models.CharField(max_length=LONGEST_DESCRIPTION, blank=True)
    active = models.BooleanField(default=True)
    source = models.CharField(
        "last written by",
        max_length=16,
        choices=[("fides", "an import from Fides"), ("officer", "an officer")],
        default="officer",
    )
    file = models.CharField(max_length=200, blank=True)
    """The manifest that it was last read from."""
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = "taxonomy term"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                name="taxonomyterm_key_once_in_a_kind",
                violation_error_message="This kind has a term with this key already: change that one.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=_DOTTED_KINDS, key__regex=DOTTED_FORM)
                | Q(kind__in=_SLUG_KINDS, key__regex=SLUG_FORM),
                name="taxonomyterm_key_form",
                violation_error_message=(
                    "Write the key of a data use or data category as "
                    f"{expected_form('data_use')}; of a data subject as {expected_form('data_subject')}."
                ),
            ),
            models.CheckConstraint(
                condition=Q(name__regex=r"^[^\n]*\S[^\n]*$"),
                name="taxonomyterm_name_is_a_line",
                violation_error_message="Write the name on one line, and not of spaces alone.",
            ),
            models.CheckConstraint(
                condition=Q(source="officer", file="") | (Q(source="fides") & ~Q(file="")),
                name="taxonomyterm_source_and_file",
                violation_error_message="A term has a file if, and only if, it was imported from Fides.",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def parent(self) -> str:
        """The key above; empty at the top."""
        return parent_of(self.key)
