"""The admin's page on coverage: what is asked, and how the answer is laid out."""

import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from activation.enforcement.audience.types import AudienceFormat
from activation.enforcement.coverage import Coverage, report_coverage
from activation.enforcement.wording import tell_reason
from activation.snapshots.queries import open_snapshot

LARGEST_UPLOAD = 4 * 1024 * 1024
EXPLANATION = (
    "Every row of the list is decided as a run would decide it now. Nothing is sent, and nothing is kept of"
    " the list."
)
Table = Mapping[str, Any]


class CoverageForm(forms.Form):
    """A question, and a list as CSV."""

    purpose = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    destination = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    controller = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    file = forms.FileField(
        label="List",
        widget=UnfoldAdminFileFieldWidget,
        help_text=(
            f"CSV in UTF-8 of at most {LARGEST_UPLOAD // 1024**2} MB. Columns named like a kind of identifier"
            " (customer_id, email, phone, …) say who a row is about."
        ),
    )

    def __init__(self, *args: Any, at: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        with open_snapshot(at=at) as snapshot:
            policy = snapshot.policy
        offered = {
            "purpose": policy.purposes,
            "destination": policy.destinations,
            "controller": policy.establishments,
        }
        for name, slugs in offered.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
            field.choices = [(slug, slug) for slug in sorted(slugs)]

    def clean_file(self) -> "UploadedFile[Any]":
        """Return the list.

        :raises forms.ValidationError: if it is too large for a page.
        """
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_UPLOAD:
            raise forms.ValidationError("The list is too large for this page: use manage.py report_coverage.")
        return file

    def report(self, *, at: datetime) -> Coverage:
        """Return the coverage of a valid form's list. The copy it is read from is gone afterwards.

        :raises AudienceUnreadable: if the list cannot be read.
        """
        data = self.cleaned_data
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "list.csv"
            with path.open("wb") as copy:
                copy.writelines(data["file"].chunks())
            return report_coverage(
                purpose=data["purpose"],
                destination=data["destination"],
                controller=data["controller"],
                input_path=path,
                at=at,
                audience_format=AudienceFormat.CSV,
            )


def lay_out(report: Coverage) -> list[Table]:
    """Return the report as tables."""
    reasons = {**report.denied_by_reason, **report.allowed_by_reason}
    return [
        {
            "title": f"{report.purpose} to {report.destination} for {report.controller}",
            "headers": ["", "Rows", "Share"],
            "rows": [
                ["Could leave", f"{report.allowed:,}", f"{report.share_allowed:.1%}"],
                ["Could not", f"{report.denied:,}", _share(report.denied, report.rows)],
                ["All", f"{report.rows:,}", ""],
            ],
        },
        {
            "title": "Why",
            "headers": ["In plain words", "Outcome", "Reason", "Rows", "Share"],
            "rows": [
                [
                    tell_reason(reason),
                    "could leave" if reason in report.allowed_by_reason else "could not",
                    reason,
                    f"{rows:,}",
                    _share(rows, report.rows),
                ]
                for reason, rows in reasons.items()
            ],
        },
        {
            "title": "Who was found",
            "headers": ["Identifier", "Rows", "Lead to nobody"],
            "rows": [
                *([kind, f"{n:,}", f"{report.not_found[kind]:,}"] for kind, n in report.identifiers.items()),
                ["none that can be read", f"{report.unreadable:,}", ""],
            ],
        },
    ]


def _share(part: int, whole: int) -> str:
    return f"{part / whole if whole else 0:.1%}"
