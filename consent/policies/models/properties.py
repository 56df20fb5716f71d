"""What a request may say of subject, resource and action, and what is registered of recipients."""

from django.db import models
from django.db.models import Q

from consent.policies.models.part import (
    PROPERTY,
    DraftOnly,
    NeverEmptied,
    Part,
    VersionPart,
    choices_of,
    names_field,
    once,
    one_line,
    one_of,
    well_formed,
)
from consent.policies.models.parts import DestinationPermission

_TYPES = ["text", "number", "truth"]
_OF_DESTINATION = (
    "(SELECT version_id FROM consent_policies_destinationpermission WHERE id = {row}.destination_id)"
)


class RequestProperty(VersionPart):
    """A property that conditions may look at: what it is called, and what its values are."""

    name = models.CharField(max_length=200, help_text="Such as 'subject.role' or 'resource.status'.")
    title = models.CharField(max_length=200)
    type = models.CharField(
        max_length=8, choices=choices_of(_TYPES), help_text="A value of another type meets no condition."
    )
    values = names_field(
        max_length=200, help_text="Of text only: all the values there are. None named means any text."
    )

    class Meta(VersionPart.Meta):
        verbose_name = "request property"
        verbose_name_plural = "request properties"
        constraints = [
            once("requestproperty", "version", "name", message="This version has one of that name already."),
            well_formed(
                "requestproperty",
                "name",
                PROPERTY,
                expected="a property such as 'resource.region', of 'subject.', 'resource.' or 'action.'",
            ),
            one_line("requestproperty", "title"),
            one_of("requestproperty", "type", _TYPES),
            models.CheckConstraint(
                condition=Q(type="text") | Q(values=[]),
                name="requestproperty_values_fit",
                violation_error_code="values",
                violation_error_message="Only text has a list of all its values.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RegisteredProperty(Part):
    """What is known of a recipient: conditions look at it besides what a request sends."""

    destination = models.ForeignKey(
        DestinationPermission, on_delete=models.CASCADE, related_name="registered"
    )
    property = models.CharField(max_length=200, help_text="Such as 'resource.status'.")
    value = models.JSONField(help_text='As JSON: "archived", 18 or true.')

    class Meta(Part.Meta):
        verbose_name = "registered property"
        verbose_name_plural = "registered properties"
        triggers = [DraftOnly(_OF_DESTINATION), NeverEmptied()]
        constraints = [
            once(
                "registeredproperty",
                "destination",
                "property",
                message="The destination has a value of it already.",
            ),
            well_formed(
                "registeredproperty",
                "property",
                r"^resource(\.[A-Za-z_][A-Za-z0-9_-]*)+$",
                expected="a property of the resource, such as 'resource.status'",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.property}"
