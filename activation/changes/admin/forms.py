"""What the admin asks about subscriptions."""

from typing import Any

from django import forms
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from activation.changes.kinds import SubscriptionKind
from activation.destinations.admin.connection_forms import ConnectionForm

_OWN = ("slug", "title", "purposes", "position")


class ReasonForm(ActionForm):
    """The choice of an action, and the reason that goes with a pause."""

    reason = forms.CharField(
        label="",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget(
            attrs={"placeholder": "Reason (of a pause)", "aria-label": "Reason"}
        ),
    )


class SubscriptionForm(ConnectionForm):
    """Asks for a subscription of one kind."""

    def __init__(self, kind: SubscriptionKind, *arguments: Any, **options: Any) -> None:
        super().__init__(kind, {}, *arguments, **options)
        text = UnfoldAdminTextInputWidget
        self.fields["slug"] = forms.CharField(
            max_length=64, widget=text, help_text="Ids of messages begin with it; it is never given anew."
        )
        self.fields["title"] = forms.CharField(max_length=200, widget=text)
        self.fields["purposes"] = forms.CharField(
            required=False,
            widget=text,
            help_text="Purposes with blanks between; none for every change.",
        )
        self.fields["position"] = forms.IntegerField(
            required=False,
            min_value=0,
            widget=UnfoldAdminIntegerFieldWidget,
            help_text="Entry of the ledger to begin at. Empty: a webhook at the end, a topic at the start.",
        )
        self.order_fields(_OWN)

    @property
    def own(self) -> dict[str, Any]:
        """What was entered that every kind asks for."""
        entered = {name: self.cleaned_data[name] for name in _OWN}
        return {**entered, "purposes": entered["purposes"].split()}


class ReplayForm(forms.Form):
    """Asks what is to go out once more."""

    begin = forms.IntegerField(label="From entry", min_value=0, widget=UnfoldAdminIntegerFieldWidget)
    until = forms.IntegerField(
        label="Up to entry",
        min_value=1,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Not in it. Empty: up to where the subscription is.",
    )
