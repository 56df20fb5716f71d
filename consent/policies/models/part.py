"""What every row that a version is made of has in common."""

from collections.abc import Callable, Collection
from typing import Any, ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.constraints import BaseConstraint

from consent.ledger.append_only import AppendOnly, UnconditionalTrigger
from consent.policies.models.versions import PolicyVersion

SLUG = r"^[a-z][a-z0-9_-]*$"
PROPERTY = r"^(subject|resource|action)(\.[A-Za-z_][A-Za-z0-9_-]*)+$"
DOTTED = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$"
_LINE = r"^[^\n\r]*[^\s][^\n\r]*$"


_CHECK = """
    IF TG_OP <> '{absent}' AND
        (SELECT status FROM consent_policies_policyversion WHERE id = {version}) <> 'draft' THEN
        RAISE EXCEPTION 'only a draft is edited: make a new version'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    """


class DraftOnly(UnconditionalTrigger):
    """Refuses a row of a version that is no draft: what is in review or published does not change.

    `owner` is SQL for the version's id; `{row}` in it stands for the row that comes or goes.
    """

    name = "draft_only"
    when = pgtrigger.Before
    operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete

    def __init__(self, owner: str = "{row}.version_id") -> None:
        super().__init__()
        checks = (
            _CHECK.format(absent=absent, version=owner.format(row=row))
            for row, absent in (("OLD", "INSERT"), ("NEW", "DELETE"))
        )
        self.func = "".join(checks) + "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;"


class NeverEmptied(AppendOnly):
    """Makes every TRUNCATE fail, which no trigger on rows would see."""

    name = "never_emptied"
    operation = pgtrigger.Truncate


class Part(models.Model):
    """A row that the text of a version is made of. It can be written while the version is a draft."""

    class Meta:
        abstract = True
        triggers: ClassVar[list[pgtrigger.Trigger]] = [DraftOnly(), NeverEmptied()]

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Ask the database's own constraints, and name the field that each is about.

        :raises ValidationError: with a message in plain words for each field.
        """
        try:
            super().validate_constraints(exclude=set(exclude or ()))
        except ValidationError as refusal:
            raise ValidationError(dict(self._by_field(refusal))) from refusal

    def _by_field(self, refusal: ValidationError) -> dict[str, list[ValidationError]]:
        names = {field.name for field in self._meta.fields}
        found: dict[str, list[ValidationError]] = {}
        for name, errors in refusal.error_dict.items():
            for error in errors:
                about = error.code if name == NON_FIELD_ERRORS and error.code in names else name
                found.setdefault(str(about), []).append(error)
        return found


class VersionPart(Part):
    """A part that hangs from the version itself."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.CASCADE, related_name="%(class)s_rows")

    class Meta(Part.Meta):
        abstract = True


def names_field(
    *, help_text: str = "", max_length: int = 128, default: Callable[[], list[str]] = list
) -> "ArrayField[Any, Any]":
    """Return a field for a list of names, in an order that is kept."""
    return ArrayField(
        models.CharField(max_length=max_length), default=default, blank=True, help_text=help_text
    )


def well_formed(model: str, field: str, pattern: str, *, expected: str) -> models.CheckConstraint:
    """Return the constraint that `field` matches `pattern`; the message says what was expected."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__regex": pattern}),
        name=f"{model}_{field}_well_formed",
        violation_error_code=field,
        violation_error_message=f"Expected {expected}.",
    )


def one_line(model: str, field: str, *, optional: bool = False) -> models.CheckConstraint:
    """Return the constraint that `field` is one line of text and, unless `optional`, not blank."""
    condition = Q(**{f"{field}__regex": _LINE})
    return models.CheckConstraint(
        condition=condition | Q(**{field: ""}) if optional else condition,
        name=f"{model}_{field}_one_line",
        violation_error_code=field,
        violation_error_message="Expected a line of text.",
    )


def one_of(model: str, field: str, values: Collection[str]) -> models.CheckConstraint:
    """Return the constraint that `field` is one of `values`."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": list(values)}),
        name=f"{model}_{field}_known",
        violation_error_code=field,
        violation_error_message=f"Expected one of {', '.join(values)}.",
    )


def once(model: str, *fields: str, message: str) -> BaseConstraint:
    """Return the constraint that no two rows agree in `fields`."""
    return models.UniqueConstraint(
        fields=fields,
        name=f"{model}_once",
        violation_error_code=fields[-1],
        violation_error_message=message,
    )


def choices_of(values: Collection[str]) -> list[tuple[str, str]]:
    """Return `values` as choices, in words."""
    return [(value, value.replace("_", " ")) for value in values]
