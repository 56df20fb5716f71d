"""The admin's page on which a simulation is asked for: which draft, and on whom."""

import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from activation.desk.services import AudienceFile, begin_simulation
from consent.policies.queries import list_versions
from consent.policies.types import PolicyStatus

LARGEST_UPLOAD = 4 * 1024 * 1024
EXPLANATION = (
    "The draft is tried out on everybody there is, beside the policy in force. Nothing is sent, and nothing"
    " changes. A worker does it; the page that follows tells how far it is."
)


class SimulationForm(forms.Form):
    """A draft, and perhaps a list."""

    version = forms.ChoiceField(label="Draft", widget=UnfoldAdminSelectWidget)
    file = forms.FileField(
        label="Only the people of a list",
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text=(
            f"CSV, NDJSON or Parquet of at most {LARGEST_UPLOAD // 1024**2} MB. Columns named like a kind of"
            " identifier (customer_id, email, phone, …) say who a row is about. Figures of a list are not"
            " attached to the draft."
        ),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["version"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [
            (str(one.version_id), f"{one.key} {one.version} ({one.status.replace('_', ' ')})")
            for one in list_versions()
            if one.status in {PolicyStatus.DRAFT, PolicyStatus.IN_REVIEW, PolicyStatus.APPROVED}
        ]

    def clean_file(self) -> "UploadedFile[Any] | None":
        """Return the list, if there is one.

        :raises forms.ValidationError: if it is too large for a page.
        """
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        if file and (file.size or 0) > LARGEST_UPLOAD:
            raise forms.ValidationError("The list is too large for this page: use manage.py simulate_policy.")
        return file

    def begin(self, *, officer_id: int | None) -> UUID:
        """Begin the simulation that a valid form asks for, and return its id. The list's copy is gone then.

        :raises AccordantError: if the draft or the list cannot be simulated.
        """
        version_id, file = int(self.cleaned_data["version"]), self.cleaned_data["file"]
        if not file:
            return begin_simulation(version_id=version_id, officer_id=officer_id)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"list{Path(file.name or '').suffix}"
            with path.open("wb") as copy:
                copy.writelines(file.chunks())
            audience = AudienceFile(path=path, name=file.name or "list")
            return begin_simulation(version_id=version_id, officer_id=officer_id, audience=audience)
