"""What the admin asks before a destination becomes another vendor of the framework, or none."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from activation.destinations.models import Destination

EXPLANATION = (
    "Runs from now on go by these terms. Whoever the destination holds is decided again by them, and taken"
    " out there if their TC string does not let the vendor. Without a number it is no vendor: then people's"
    " data goes there by what the policy says alone."
)


class VendorForm(forms.Form):
    """Asks for the vendor's number and purposes, and why they change."""

    tcf_vendor = forms.IntegerField(
        label="TCF vendor",
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Its number in the Global Vendor List; empty if it is no vendor.",
    )
    tcf_purposes = SimpleArrayField(
        forms.IntegerField(),
        label="TCF purposes",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="The framework's purposes that it needs, such as 1,3,4.",
    )
    reason = forms.CharField(
        max_length=500, widget=UnfoldAdminTextareaWidget, help_text="It is kept in the ledger."
    )

    def __init__(self, destination: Destination, data: Mapping[str, Any] | None = None) -> None:
        initial = {"tcf_vendor": destination.tcf_vendor, "tcf_purposes": destination.tcf_purposes}
        super().__init__(data, initial=initial)
