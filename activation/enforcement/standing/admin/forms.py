"""What the admin asks of a standing audience."""

from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from activation.enforcement.standing.definitions import check_definition
from activation.enforcement.standing.inputs import InputMissing, find_input
from activation.enforcement.standing.models import StandingAudience
from activation.enforcement.standing.types import Definition, Rerun, RunRequest
from activation.snapshots.queries import open_snapshot
from consent.kernel.errors import AccordantError

_NAMED = ("purpose", "destination", "controller")


class AudienceForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """Asks for a definition, and offers what the policy in force names."""

    columns = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Which columns say who a row is about: kind=column, one a line. Empty: by their names.",
    )

    class Meta:
        model = StandingAudience
        fields = ("slug", "title", "input", "audience_format", *_NAMED, "schedule", "rerun")
        help_texts = {
            "slug": "Names the audience for good, in files and in the API.",
            "input": "A file below the folder of audiences (ACCORDANT_AUDIENCES), such as crm/customers.csv.",
            "audience_format": "Empty: by the file's extension.",
            "schedule": "every 30 minutes, every 6 hours, daily at 03:30 (UTC). Empty: by hand.",
            "rerun": (
                "What becomes of it when what was sent may not be sent any more. Always: also when more"
                " people may be sent now. Never: it is only told."
            ),
        }
        widgets = dict.fromkeys(("slug", "title", "input", "schedule"), UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        with open_snapshot(at=timezone.now()) as snapshot:
            policy = snapshot.policy
        offered = {
            "purpose": set(policy.purposes),
            "destination": set(policy.destinations),
            "controller": set(policy.establishments),
        }
        for name, slugs in offered.items():
            own = {getattr(self.instance, name)} - {""}  # one that the policy does not name any more
            choices = [(slug, slug) for slug in sorted(slugs | own)]
            self.fields[name] = forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget)
        pairs = (self.instance.identifiers or {}).items()
        self.fields["columns"].initial = "\n".join(f"{kind}={column}" for kind, column in pairs)
        if self.instance.pk:
            self.fields["slug"].disabled = True

    def clean(self) -> dict[str, Any]:
        """Return what was given.

        :raises forms.ValidationError: if it is no definition that can be kept.
        """
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            check_definition(self.definition)
            find_input(self.definition.request)
        except InputMissing:
            return cleaned  # it may come later
        except AccordantError as error:
            raise forms.ValidationError(str(error)) from error
        return cleaned

    @property
    def definition(self) -> Definition:
        """The definition that a valid form gives."""
        given = self.cleaned_data
        lines = [line.partition("=") for line in given["columns"].splitlines() if line.strip()]
        return Definition(
            slug=given["slug"],
            title=given["title"],
            request=RunRequest(
                purpose=given["purpose"],
                destination=given["destination"],
                controller=given["controller"],
                input=given["input"],
                identifiers={kind.strip(): column.strip() for kind, _, column in lines},
                audience_format=given["audience_format"],
            ),
            schedule=given["schedule"],
            rerun=Rerun(given["rerun"]),
        )
