"""What officers are asked before they take a step of a version."""

from typing import Any

from django import forms
from django.http import Http404
from django.utils import timezone
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from consent.policies import queries

_DIGEST = forms.Textarea(attrs={"readonly": True, "rows": 2, "class": "font-mono text-xs break-all w-full"})


def version_id_of(object_id: object) -> int:
    """Return the number in a page's address.

    :raises Http404: if it is none: then there is no such page.
    """
    text = str(object_id)
    if not (text.isascii() and text.isdigit()):
        raise Http404
    return int(text)


class ApprovalForm(BaseDialogForm):
    """Carries the digests of the text and of the figures that the approver has on screen."""

    confirmed_digest = forms.CharField(label="Digest of the text you have read", widget=_DIGEST)
    confirmed_figures = forms.CharField(label="Digest of the figures you have seen", widget=_DIGEST)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        version_id = version_id_of(self.object_id)
        text = queries.get_version_text(version_id=version_id)
        simulation = queries.get_simulation(version_id=version_id)
        figures = self.fields["confirmed_figures"]
        self.fields["confirmed_digest"].initial = text.digest if text else ""
        if simulation is None:
            figures.help_text = "Nobody has simulated this text yet: simulate it first, then approve."
            return
        figures.initial = simulation.figures_digest
        figures.help_text = " ".join(map(str, simulation.figures.get("summary", ())))


class ReasonForm(BaseDialogForm):
    """Asks why; the reason is kept."""

    reason = forms.CharField(
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept with the version and in the ledger. Name no data subject.",
    )


class AcknowledgementForm(ReasonForm):
    """Asks which warning is answered, and why the text stays as it is."""

    warning = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    field_order = ("warning", "reason")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        found = queries.list_open_warnings(version_id=version_id_of(self.object_id), at=timezone.now())
        choices = self.fields["warning"]
        assert isinstance(choices, forms.ChoiceField)  # noqa: S101 - for the type checker
        choices.choices = [(one.key, f"{one.path}: {one.message}") for one in found]


class PublicationForm(BaseDialogForm):
    """Asks from when on the version holds."""

    effective_at = forms.DateTimeField(
        label="Takes effect at (UTC)",
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "2027-01-31 00:00"}),
        help_text="Leave it empty to put the version in force at once.",
    )
